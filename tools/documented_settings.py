"""Says which settings docs/settings.md does not name, and which it names that no longer exist."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READ_IN_CODE = re.compile(
    r"""(?:_text|_flag|_list|_number|environ\.get|getenv|environ)[\[(]\s*["']([A-Z][A-Z0-9_]+)["']"""
)
NAMED_IN_TABLE = re.compile(r"^\| `([A-Z][A-Z0-9_]+)`", re.MULTILINE)
NOT_OURS = {"DJANGO_SETTINGS_MODULE", "CI", "HOME", "PATH"}


def settings_read() -> set[str]:
    """Return the names of all environment variables that the product and the simulator read."""
    names: set[str] = set()
    for room in ("clubledger", "xero_simulator"):
        for path in (ROOT / room).rglob("*.py"):
            names.update(READ_IN_CODE.findall(path.read_text(encoding="utf-8")))
    return names - NOT_OURS


def settings_documented() -> set[str]:
    """Return the names that begin a row of a table in docs/settings.md."""
    return set(NAMED_IN_TABLE.findall((ROOT / "docs" / "settings.md").read_text(encoding="utf-8")))


def differences() -> Iterator[str]:
    """Return every setting that is read and not documented, or documented and not read."""
    read, documented = settings_read(), settings_documented()
    for name in sorted(read - documented):
        yield f"docs/settings.md: {name} is read and not documented"
    for name in sorted(documented - read):
        yield f"docs/settings.md: {name} is documented and nothing reads it"


def main() -> int:
    """Print what differs; 1 if anything does."""
    found = list(differences())
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
