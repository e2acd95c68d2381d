"""Loads the product's pages: what stands in a template only to be read there leaves when the template is compiled.

A template has one element a line, indented. A line break, with the blanks around it, is gone beside a tag of HTML or of
Django and one blank between two words; within a tag it parts two attributes. A blank that counts stands within a line,
or is written `{{ " " }}`. Nothing is touched within pre, textarea, script, style, a comment and what is translated.
"""

import re
from pathlib import Path

from django.template import Origin
from django.template.loaders import app_directories

OUR_TEMPLATES = Path(__file__).resolve().parent.parent
STATEMENT, VALUE, BLANK = "\0", "\1", "\2"
"""What stands for a tag of Django, for a value and for a blank that counts, while HTML is looked at."""

_DJANGO = re.compile(r"{%\s*(blocktranslate|comment|verbatim)\b.*?{%\s*end\1\s*%}|{%.*?%}|{#.*?#}|{{.*?}}", re.DOTALL)
_A_BLANK = re.compile(r"""{{ (?:" "|' ') }}""")
_INSIDE_A_TAG = r"""(?:"[^"]*"|'[^']*'|[^>"'])*>"""
_HTML = re.compile(
    rf"(?P<kept><!--.*?-->)|(?P<tag><(?P<raw>pre|textarea|script|style)\b{_INSIDE_A_TAG})(?P<inside>.*?</(?P=raw)>)"
    rf"|(?P<any></?[a-z]{_INSIDE_A_TAG})",
    re.DOTALL | re.IGNORECASE,
)
_BREAK = r"[ \t]*\n[ \t\n]*"
_BESIDE_MARKUP = re.compile(
    rf"\A{_BREAK}|{_BREAK}\Z|(?<=[{STATEMENT}{BLANK}]){_BREAK}|{_BREAK}(?=[{STATEMENT}{BLANK}])"
)
_BETWEEN_WORDS = re.compile(_BREAK)
_IN_A_TAG = re.compile(rf"""("[^"]*"|'[^']*')|{_BREAK}(?P<last>/?>|{STATEMENT})?""")


class Loader(app_directories.Loader):
    """Finds templates in the rooms, as Django does, and takes the indentation out of those that are ours."""

    def get_contents(self, origin: Origin) -> str:
        """Return the text that is compiled for a template."""
        source = str(super().get_contents(origin))
        is_ours = origin.name.endswith(".html") and Path(origin.name).is_relative_to(OUR_TEMPLATES)
        return without_indentation(source) if is_ours else source


def without_indentation(source: str) -> str:
    """Return a template without the line breaks and blanks that only lay it out."""
    tags: list[str] = []

    def put_away(match: re.Match[str]) -> str:
        if _A_BLANK.fullmatch(match[0]):
            return BLANK
        tags.append(match[0])
        return VALUE if match[0].startswith("{{") else STATEMENT

    masked, compact, at = _DJANGO.sub(put_away, source), [], 0
    for match in _HTML.finditer(masked):
        compact += [_text(masked[at : match.start()]), _markup(match)]
        at = match.end()
    compact.append(_text(masked[at:]))
    waiting = iter(tags)
    return re.sub(
        f"[{STATEMENT}{VALUE}{BLANK}]",
        lambda match: " " if match[0] == BLANK else next(waiting),
        "".join(compact),
    )


def _text(words: str) -> str:
    return _BETWEEN_WORDS.sub(" ", _BESIDE_MARKUP.sub("", words))


def _markup(match: re.Match[str]) -> str:
    if match["kept"]:
        return match["kept"]
    tag = match["tag"] or match["any"]
    return _IN_A_TAG.sub(lambda part: part[1] or part["last"] or " ", tag) + (match["inside"] or "")
