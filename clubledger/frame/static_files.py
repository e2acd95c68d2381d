"""Gathers the static files: what stands in our styles and scripts only to be read there is not sent to a browser."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

OURS = "frame/"
_STYLE_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SCRIPT_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)
_INDENTATION = re.compile(r"[ \t]*\n[ \t\n]*")
_BREAK_IN_A_STYLE = re.compile(r"(?<=[{};])\n")


def compact(name: str, text: str) -> str:
    """Return a style or script without its comments and indentation; anything else as it is."""
    if not _is_made_compact(name):
        return text
    without_comments = (_SCRIPT_COMMENT if name.endswith(".js") else _STYLE_COMMENT).sub("", text)
    lines = _INDENTATION.sub("\n", without_comments).strip()
    return lines if name.endswith(".js") else _BREAK_IN_A_STYLE.sub("", lines)


def weight(name: str, path: Path) -> int:
    """Return how many bytes of a file are sent, before they are compressed."""
    if not _is_made_compact(name):
        return path.stat().st_size
    return len(compact(name, path.read_text(encoding="utf-8")).encode())


def _is_made_compact(name: str) -> bool:
    return name.startswith(OURS) and name.endswith((".css", ".js"))


class GatheredFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """The files that browsers get, compact before they are compressed and named by their content."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Make our styles and scripts compact, then do with all files what WhiteNoise does."""
        for name in [] if dry_run else filter(_is_made_compact, paths):
            path = Path(self.path(name))
            path.write_text(compact(name, path.read_text(encoding="utf-8")), encoding="utf-8")
        yield from super().post_process(paths, dry_run, **options)
