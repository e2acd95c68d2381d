"""Browsers get our styles and scripts without what is there only to be read; files of others as they are."""

import re
import shutil
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from clubledger.frame.static_files import GatheredFiles, compact


@pytest.mark.parametrize(
    ("name", "text", "sent"),
    [
        (
            "frame/a.css",
            '/* Why. */\na,\nb {\n  color: red; /* so */\n\n  content: "a  b";\n}\n',
            'a,\nb {color: red;content: "a  b";}',
        ),
        ("frame/a.css", "@media print {\n  a { color: red; }\n}\n", "@media print {a { color: red; }}"),
        ("frame/a.js", '// Why.\nf();\n\n  // So.\n  g("//x"); // here\n', 'f();\ng("//x"); // here'),
        ("frame/a.svg", "<svg>\n  </svg>\n", "<svg>\n  </svg>\n"),
        ("mfa/js/a.js", "// Of others.\n  f();\n", "// Of others.\n  f();\n"),
    ],
)
def test_what_is_sent(name: str, text: str, sent: str) -> None:
    assert compact(name, text) == sent
    assert compact(name, sent) == sent


def test_the_rules_of_a_style_are_the_same() -> None:
    folder = Path(str(finders.find("frame/clubledger.css"))).parent
    sheets = sorted(folder.glob("*.css"))
    assert len(sheets) > 4
    for sheet in sheets:
        text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert re.sub(r"\s", "", compact(f"frame/{sheet.name}", text)) == re.sub(r"\s", "", text)


def test_they_are_gathered_so_again_and_again(tmp_path: Path) -> None:
    folder = Path(str(finders.find("frame/clubledger.js"))).parent
    shutil.copytree(folder, tmp_path / "frame")
    storage = GatheredFiles(location=tmp_path)
    names = [f"frame/{path.name}" for path in sorted(folder.iterdir())]
    for _ in range(2):
        done = list(storage.post_process({name: (storage, name) for name in names}))
        assert not [one for one in done if isinstance(one[2], Exception)]
    for name in names:
        sent = compact(name, (folder.parent / name).read_text(encoding="utf-8"))
        assert (tmp_path / name).read_text(encoding="utf-8") == sent
        assert (tmp_path / storage.stored_name(name)).read_text(encoding="utf-8") == sent
