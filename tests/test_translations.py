"""The check of translations finds what is missing, fuzzy, unmarked or stale, and placeholders that differ."""

import ast
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from tools import bare_texts, translations

HELLO = ("", "Hello %(name)s")
ROWS = ("", ("%(count)s row", "%(count)s rows"))


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue of two texts that is whole."""
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    monkeypatch.setattr(translations, "LOCALE", tmp_path)
    path = translations.catalogue("de")
    path.parent.mkdir(parents=True)
    catalog = Catalog(locale="de", fuzzy=False)
    catalog.add(HELLO[1], "Guten Tag %(name)s")
    catalog.add(ROWS[1], ("%(count)s Zeile", "%(count)s Zeilen"))
    path.write_bytes(translations.written(catalog))
    path.with_suffix(".mo").write_bytes(translations.compiled("de"))
    return path


def faults(*more: tuple[str, str]) -> list[str]:
    return translations.faults("de", {key: ["page.html"] for key in (HELLO, ROWS, *more)})


def test_a_whole_catalogue_has_no_fault(german: Path) -> None:
    assert faults() == []


def test_a_missing_text_is_a_fault(german: Path) -> None:
    assert faults(("", "Goodbye")) == ["de: not in django.po: 'Goodbye' (page.html)"]


def test_a_text_of_another_context_is_another_text(german: Path) -> None:
    assert faults(("said", "Hello %(name)s")) == ["de: not in django.po: 'Hello %(name)s' (page.html)"]


def test_what_is_no_longer_said_is_a_fault(german: Path) -> None:
    assert translations.faults("de", {HELLO: ["page.html"]}) == ["de: no longer in the sources: '%(count)s row'"]


def test_a_stale_mo_is_a_fault(german: Path) -> None:
    german.write_text(german.read_text(encoding="utf-8").replace("Guten Tag", "Grüß Gott"), encoding="utf-8")
    assert faults() == ["de: django.mo is not what django.po compiles to"]


def test_the_same_texts_compile_to_the_same_bytes_at_any_time(german: Path) -> None:
    assert b"Date" not in translations.compiled("de")
    assert b"Babel" not in translations.compiled("de")


@pytest.mark.parametrize(
    ("text", "translated", "why"),
    [
        ("Hello", "", "not translated"),
        (("%(n)s row", "%(n)s rows"), ("%(n)s Zeile", ""), "not translated"),
        ("Hello %(name)s", "Guten Tag", "placeholders [] for ['%(name)s']"),
        ("Hello %(name)s", "Guten Tag %(nam)s", "placeholders ['%(nam)s'] for ['%(name)s']"),
        (("one row", "%(n)s rows"), ("eine Zeile", "viele Zeilen"), "placeholders [] for ['%(n)s']"),
        (" and more", "und mehr", "begins or ends with other white space"),
    ],
)
def test_what_can_be_wrong_with_a_translation(text: object, translated: object, why: str) -> None:
    assert list(translations.wrong_with(Message(text, translated))) == [why]  # type: ignore[arg-type]


def test_a_fuzzy_translation_is_a_fault() -> None:
    assert "fuzzy" in list(translations.wrong_with(Message("Hello", "Guten Tag", flags=["fuzzy"])))


def test_a_singular_may_leave_the_number_out() -> None:
    assert list(translations.wrong_with(Message(("%(n)s row", "%(n)s rows"), ("eine Zeile", "%(n)s Zeilen")))) == []


@pytest.mark.parametrize(
    ("name", "source", "texts"),
    [
        ("a.py", '_("A"), ngettext("%(n)s a", "%(n)s as", 2), phrase("B %(c)s", c=1), pgettext("x", "D")',
         [("", "A"), ("", ("%(n)s a", "%(n)s as")), ("x", "D"), ("phrase", "B %(c)s")]),
        ("a.html", "{% load i18n %}<b>{% translate 'A' %}</b>\n  <p>{% if x %}\n"
         "{% blocktranslate %}B {{ c }}{% endblocktranslate %}"
         "{% endif %}{{ x|default:_('C') }}", [("", "A"), ("", "B %(c)s"), ("", "C")]),
    ],
)  # fmt: skip
def test_texts_are_collected_from_code_and_templates(
    tmp_path: Path, name: str, source: str, texts: list[object]
) -> None:
    (tmp_path / name).write_text(source, encoding="utf-8")
    assert list(translations.texts_of(tmp_path / name)) == texts


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>{% translate 'All of it' %}</p>", []),
        ("<p>Not {{ x }} marked</p>", ["Not … marked"]),
        ("<p>{% blocktranslate %}Marked {{ x }}{% endblocktranslate %}: Xero, CSV</p>", []),
        ('<a title="Look here">{{ x }}</a>', ["Look here"]),
        ('<input placeholder="Name"{% if x %} disabled{% endif %}>', ["Name"]),
        ("{{ x|default:'nobody' }}", ["nobody"]),
        ("{{ x|default:_('nobody') }}", []),
        ("<style>body { color: red }</style><code>make check</code>{# a comment #}", []),
    ],
)
def test_a_text_that_nobody_marked_is_found(source: str, found: list[str]) -> None:
    assert list(bare_texts.bare_texts(source, is_html=True)) == found


def test_so_it_is_in_letters() -> None:
    assert list(bare_texts.bare_texts("{{ club }}\nHello {{ x }},\n{% translate 'Bye' %}", is_html=False)) == ["Hello"]


def test_no_text_stands_within_a_formatted_string_where_it_would_not_be_collected() -> None:
    hidden = [
        f"{path.relative_to(translations.ROOT)}:{call.lineno}"
        for path in translations.sources()
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr)
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in {*translations.KEYWORDS, "phrase"}
    ]
    assert hidden == []
