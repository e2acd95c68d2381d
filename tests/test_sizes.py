"""The check of sizes finds what is too long, where it is, and nothing else."""

from pathlib import Path

import pytest

from tools import sizes

LONG_LINE = "x" * 121 + "\n"


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a/templates/a/page.html", "<p>\n" + LONG_LINE, [":2: 121 characters, at most 120"]),
        ("a/templates/a/letter.txt", LONG_LINE, [":1: 121 characters"]),
        ("a/static/a/page.css", LONG_LINE, [":1: 121 characters"]),
        ("a/static/a/page.js", "a\n" * 401, [": 401 lines, at most 400"]),
        ("a/static/a/icon.svg", LONG_LINE, [":1: 121 characters"]),
        ("a/page.py", "def f():\n" + "    1\n" * 70, [":1: f has 71 lines, at most 70"]),
        ("a/page.html", "x" * 120 + "\n" + "ä" * 120, []),
        ("a/words.txt", LONG_LINE, []),
        ("a/page.py", f'"""{LONG_LINE}"""', []),
        ("a/migrations/0001.py", "1\n" * 401, []),
    ],
)
def test_what_is_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, found: list[str]
) -> None:
    monkeypatch.setattr(sizes, "ROOT", tmp_path)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text, encoding="utf-8")
    told = list(sizes.too_long([Path(name)]))
    assert len(told) == len(found)
    assert all(line.startswith(name + begun) for line, begun in zip(told, found, strict=True))
