"""Writes docs/simulator-fidelity.md from the tests: what is simulated, how sure it is, which test shows it."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests" / "simulator"
DOCUMENT = ROOT / "docs" / "simulator-fidelity.md"
TITLES = {
    "1": "OAuth 2.0 and OpenID Connect",
    "2": "Connections, disconnection, limits on apps",
    "3": "API conventions, errors, rate limits",
    "4": "Manual journals",
    "5": "Accounts, tax rates, tracking, organisation, users, reports",
    "7": "Known traps",
    "8": "Tax rates and charts",
    "9": "Xero's own client libraries",
}
HEAD = """# How faithful the simulator is

Each row is a behaviour of Xero, how sure we are of it, and the test that shows it in the simulator. Generated from the
tests by `python -m tools.fidelity`; change the tests, not this file. The numbers group behaviours by subject.

Certainty: **spec**, in Xero's OpenAPI files; **docs**, in Xero's own documentation; **seen**, in a recorded response, a
client library or a public issue; **inferred**, our reading, to be tried on a demo company before anyone relies on it.
"""


@dataclass(frozen=True, order=True)
class Fact:
    """One behaviour and its proof."""

    place: tuple[int, ...]
    text: str
    section: str
    certainty: str
    test: str


def _calls(path: Path) -> list[Fact]:
    found = []
    for node in ast.parse(path.read_text("utf-8")).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for mark in node.decorator_list:
            if not (isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "fact"):
                continue
            section, text = (str(ast.literal_eval(argument)) for argument in mark.args)
            certainty = str(ast.literal_eval(mark.keywords[0].value))
            place = tuple(int(part) for part in section.split("."))
            found.append(Fact(place, text, section, certainty, f"{path.name}::{node.name}"))
    return found


def facts() -> list[Fact]:
    """Return every marked behaviour, by section."""
    return sorted(fact for path in sorted(TESTS.glob("test_*.py")) for fact in _calls(path))


def document() -> str:
    """Return the document's text."""
    rows = facts()
    counts = {name: sum(1 for row in rows if name in row.certainty) for name in ("spec", "docs", "seen", "inferred")}
    shown = ", ".join(f"{count} {name}" for name, count in counts.items())
    parts = [HEAD, f"{len(rows)} behaviours: {shown} (some rest on more than one source).\n"]
    chapter = ""
    for row in rows:
        first = row.section.partition(".")[0]
        if first != chapter:
            chapter = first
            parts.append(f"\n## {TITLES[first]}\n\n| | behaviour | certainty | test |\n|---|---|---|---|\n")
        text = row.text.replace("|", "\\|")
        parts.append(f"| {row.section} | {text} | {row.certainty} | `{row.test}` |\n")
    return "\n".join(parts[:2]) + "".join(parts[2:])


def main() -> int:
    """Write the document; returns the exit status."""
    DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
    DOCUMENT.write_text(document(), "utf-8")
    print(f"{DOCUMENT.relative_to(ROOT)}: {len(facts())} behaviours")
    return 0


if __name__ == "__main__":
    sys.exit(main())
