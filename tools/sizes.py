"""Says which files, functions and lines have grown too long: 400 lines a file, 70 a function, 120 characters a line."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 70
LINE_CHARACTERS = 120
ROOT = Path(__file__).resolve().parent.parent
MEASURED = {".py", ".html", ".css", ".js", ".sh", ".toml"}
LINES_MEASURED = {".html", ".css", ".js", ".svg"}
"""Whose lines are measured here, beside templates of any kind; ruff measures those of Python."""


def tracked_files() -> list[Path]:
    """Return the files of the tree, paths from its root, those not yet committed included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git is found on the path
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [Path(name) for name in listed.splitlines() if (ROOT / name).is_file()]


def too_long(files: list[Path]) -> Iterator[str]:
    """Return every file, function and line over the limit, with its place and its length."""
    for path in files:
        has_lines = path.suffix in LINES_MEASURED or "templates" in path.parts
        if "migrations" in path.parts or not (has_lines or path.suffix in MEASURED):
            continue
        text = (ROOT / path).read_text(encoding="utf-8")
        lines = text.count("\n")
        if lines > FILE_LINES:
            yield f"{path}: {lines} lines, at most {FILE_LINES}: split it by what it is about"
        if path.suffix == ".py":
            yield from _long_functions(path, text)
        elif has_lines:
            yield from _long_lines(path, text)


def _long_lines(path: Path, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LINE_CHARACTERS:
            yield f"{path}:{number}: {len(line)} characters, at most {LINE_CHARACTERS}: break it"


def _long_functions(path: Path, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name} has {lines} lines, at most {FUNCTION_LINES}"


def main() -> int:
    """Print what is too long; 1 if anything is."""
    found = list(too_long(tracked_files()))
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
