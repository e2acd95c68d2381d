"""Finds words in templates that nobody marked for translation; `tools.translations check` asks it too."""

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from django.template.base import Lexer, TokenType

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "clubledger"
SAME_EVERYWHERE = frozenset({"Clubledger", "Xero", "CSV", "XLSX", "OpenAPI", "UTC", "file"})
"""Names, which every language writes alike, and what a form proposes as the name of a source system."""

FOR_MACHINES = frozenset({"script", "style", "code", "pre", "svg"})
READ_OUT = frozenset({"title", "aria-label", "placeholder", "alt"})
"""Attributes that a person reads or hears."""

NOT_FOR_PEOPLE = frozenset({"styleguide.html", "sprite.html", "passkey_scripts.html"})
"""Templates without a text of their own, or seen in debug mode only."""

SKIPPED = frozenset({"blocktranslate", "comment", "block width"})
"""Blocks that are marked, or that people do not read: a width is a class of the stylesheet."""

ENDINGS = frozenset({"endblocktranslate", "endcomment", "endblock"})
WORD = re.compile(r"[^\W\d_]{2,}")
IN_A_FILTER = re.compile(r"\|(?:default|default_if_none|yesno|pluralize):[\"']([^\"']*)[\"']")


class _Texts(HTMLParser):
    """Collects what people read of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._for_machines = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at the attributes; note the beginning of what is for machines."""
        self._for_machines += tag in FOR_MACHINES
        self.found += [value for name, value in attrs if name in READ_OUT and value]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at the attributes of an element that is empty."""
        self.found += [value for name, value in attrs if name in READ_OUT and value]

    def handle_endtag(self, tag: str) -> None:
        """Note the end of what is for machines."""
        self._for_machines -= tag in FOR_MACHINES

    def handle_data(self, data: str) -> None:
        """Keep text between tags."""
        if not self._for_machines:
            self.found.append(data)


def bare_texts(source: str, *, is_html: bool) -> Iterator[str]:
    """Return every text of a template that is not marked for translation."""
    kept, is_marked = [], False
    for token in Lexer(source).tokenize():
        name = token.contents.split()[0] if token.contents.split() else ""
        if token.token_type == TokenType.BLOCK and (name in SKIPPED or token.contents in SKIPPED):
            is_marked = True
        elif token.token_type == TokenType.BLOCK and is_marked and name in ENDINGS:
            is_marked = False
        elif token.token_type == TokenType.TEXT and not is_marked:
            kept.append(token.contents)
        elif token.token_type in {TokenType.VAR, TokenType.BLOCK}:
            yield from (text for text in IN_A_FILTER.findall(token.contents) if _has_words(text))
            # A value stands here; what is around it is not one text with it. A tag may stand among attributes.
            kept.append("\n" if not is_html else "\x00" if token.token_type == TokenType.VAR else "")
    if not is_html:
        yield from (line.strip() for line in "".join(kept).splitlines() if _has_words(line))
        return
    parser = _Texts()
    parser.feed("".join(kept))
    yield from (text.replace("\x00", "…").strip() for text in parser.found if _has_words(text))


def _has_words(text: str) -> bool:
    return any(word not in SAME_EVERYWHERE for word in WORD.findall(text))


def in_all_templates() -> Iterator[tuple[str, str]]:
    """Return file and text of all bare texts of the product."""
    for path in sorted(SOURCES.rglob("*")):
        if "templates" in path.parts and path.is_file() and path.name not in NOT_FOR_PEOPLE:
            for text in bare_texts(path.read_text(encoding="utf-8"), is_html=path.suffix == ".html"):
                yield path.relative_to(ROOT).as_posix(), text


def main() -> int:
    """Print them; 1 if there are any."""
    found = list(in_all_templates())
    for place, text in found:
        print(f"{place}: not marked for translation: {text!r}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
