"""Keep the translations whole: collect the texts, compile them, and refuse what is missing. See docs/translating.md.

`python tools/translations.py extract` brings every `django.po` up to date with the sources and compiles it;
`compile` only compiles; `check` says what is wrong and changes nothing. Babel alone is needed, no GNU gettext.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from babel.messages import extract
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from tools.bare_texts import in_all_templates

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "clubledger"
LOCALE = SOURCES / "locale"
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sdr]|%%\w+|(?<!%)%[sd]|\{\w*\}")
HEADER = "# The texts of Clubledger in another language; see docs/translating.md."

Texts = dict[tuple[str, str | tuple[str, ...]], list[str]]
"""Where each text stands, by its context and itself (a pair if it has a plural)."""


def sources() -> Iterator[Path]:
    """Return every file that can hold texts, in a stable order."""
    for path in sorted(SOURCES.rglob("*")):
        inside = path.relative_to(SOURCES).parts
        is_code = path.suffix == ".py" and not {"migrations", "cli", "api"} & set(inside)
        if is_code or ("templates" in inside and path.is_file()):
            yield path


def texts_of(path: Path) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """Return context and text of everything in a file that is marked for translation."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # What Django makes of a template is Python in spirit only; its indentation would not be taken.
        source = "\n".join(line.strip() for line in templatize(source).splitlines())
    found = extract.extract("python", io.BytesIO(source.encode()), KEYWORDS, options={"encoding": "utf-8"})
    for _line, text, _comments, context in found:
        if text and text != ("",):
            yield context or "", text
    # Forms of phrases stand apart: `foundation.phrasebook` looks among them.
    for _line, text, _comments, _context in extract.extract("python", io.BytesIO(source.encode()), {"phrase": None}):
        yield "phrase", text


def collect() -> Texts:
    """Collect the texts of all sources."""
    texts: Texts = {}
    for path in sources():
        place = path.relative_to(ROOT).as_posix()
        for key in texts_of(path):
            places = texts.setdefault(key, [])
            if place not in places:
                places.append(place)
    return texts


def languages() -> list[str]:
    """Return the locales that need a catalogue: all but that of the texts themselves."""
    return [code for code, _name in settings.LANGUAGES if code.split("-")[0] != "en"]


def catalogue(code: str) -> Path:
    """Say where the texts of a language are."""
    return LOCALE / code / "LC_MESSAGES" / "django.po"


def read(code: str) -> Catalog:
    """Read the texts of a language; an empty catalogue if there are none yet."""
    path = catalogue(code)
    if not path.exists():
        return Catalog(locale=code)
    with path.open("rb") as file:
        return read_po(file, locale=code)


def bring_up_to_date(code: str, texts: Texts) -> Catalog:
    """Return a language's catalogue with exactly these texts: translations are kept, new ones are empty."""
    old, new = read(code), Catalog(locale=code, header_comment=HEADER, project="Clubledger", fuzzy=False)
    for (context, text), places in texts.items():
        first = text if isinstance(text, str) else text[0]
        known = old.get(first, context or None) or old.get(first)
        translated = _fitting(known, text, new.num_plurals)
        new.add(text, translated, [(place, 0) for place in places], context=context or None)
    return new


def _fitting(known: Message | None, text: str | tuple[str, ...], plurals: int) -> str | tuple[str, ...]:
    if known is None or known.fuzzy or isinstance(known.id, str) != isinstance(text, str):
        return "" if isinstance(text, str) else ("",) * plurals
    return known.string if isinstance(known.string, str) else tuple(known.string or ())


def written(catalog: Catalog) -> bytes:
    """Return a catalogue as the bytes of a .po file; the same texts give the same bytes."""
    into = io.BytesIO()
    write_po(into, catalog, width=120, sort_output=True, include_lineno=False, omit_header=True)
    head = (
        f'{HEADER}\nmsgid ""\nmsgstr ""\n"Language: {catalog.locale_identifier}\\n"\n'
        '"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )
    return head.encode() + into.getvalue()


class _Timeless(Catalog):
    """A catalogue whose head says nothing that another minute or another Babel would say otherwise."""

    def _get_mime_headers(self) -> list[tuple[str, str]]:
        return [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", self.plural_forms)]

    mime_headers = property(_get_mime_headers)


def compiled(code: str) -> bytes:
    """Return the .mo that a language's .po compiles to; the same texts give the same bytes."""
    catalog = _Timeless(locale=code, fuzzy=False)
    for message in read(code):
        if message.id and message.string:
            catalog.add(message.id, message.string, context=message.context)
    into = io.BytesIO()
    write_mo(into, catalog)
    return into.getvalue()


def faults(code: str, texts: Texts) -> list[str]:
    """Say what is wrong with a language, a line for each text."""
    path = catalogue(code)
    if not path.exists():
        return [f"{path.relative_to(ROOT)} does not exist: make messages"]
    found = []
    known: set[tuple[str, str | tuple[str, ...]]] = set()
    for message in read(code):
        if not message.id:
            continue
        key = (message.context or "", message.id if isinstance(message.id, str) else tuple(message.id))
        known.add(key)
        found += [f"{code}: {why}: {_first(message.id)!r}" for why in wrong_with(message)]
    for key in texts.keys() - known:
        found.append(f"{code}: not in django.po: {_first(key[1])!r} ({texts[key][0]})")
    found += [f"{code}: no longer in the sources: {_first(text)!r}" for context, text in known - texts.keys()]
    if not found and path.with_suffix(".mo").read_bytes() != compiled(code):
        found.append(f"{code}: django.mo is not what django.po compiles to")
    return found


def wrong_with(message: Message) -> Iterator[str]:
    """Say what is wrong with one translation."""
    strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
    if message.fuzzy:
        yield "fuzzy"
    if not strings or not all(strings):
        yield "not translated"
        return
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    wanted = placeholders(ids[-1])
    for string in strings:
        has = placeholders(string)
        # The singular may leave the number out.
        if has - wanted or (wanted - has and len(strings) == 1) or (string is strings[-1] and wanted - has):
            yield f"placeholders {sorted(has)} for {sorted(wanted)}"
    for text, string in zip(ids[:1], strings[:1], strict=True):
        if text[:1].isspace() != string[:1].isspace() or text[-1:].isspace() != string[-1:].isspace():
            yield "begins or ends with other white space"


def placeholders(text: str) -> set[str]:
    """Return the places in a text where values go."""
    return {match.group(0) for match in PLACEHOLDER.finditer(text)}


def _first(text: str | tuple[str, ...] | list[str]) -> str:
    return text if isinstance(text, str) else text[0]


def main(arguments: list[str]) -> int:
    """Do what the command line asks; give the exit code."""
    django.setup()
    doing = arguments[0] if arguments else "check"
    if doing not in {"extract", "compile", "check"}:
        print(__doc__, file=sys.stderr)
        return 2
    texts = collect()
    wrong: list[str] = []
    for code in languages():
        path = catalogue(code)
        if doing == "extract":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written(bring_up_to_date(code, texts)))
        if doing != "check":
            path.with_suffix(".mo").write_bytes(compiled(code))
        wrong += faults(code, texts)
    wrong += [f"{place}: not marked for translation: {text!r}" for place, text in in_all_templates()]
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        print(f"{len(wrong)} faults in translations; see docs/translating.md.", file=sys.stderr)
        # What is still to be translated is no fault of the extraction.
        return 1 if doing == "check" else 0
    print(f"{len(texts)} texts in {', '.join(languages())}: all translated.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
