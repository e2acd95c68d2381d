"""What only lays a template out leaves when it is compiled; a blank that counts, and what is kept as typed, stays."""

import pytest
from django.template import Context, Template
from django.template.loader import get_template

from clubledger.frame.template_loader import without_indentation


@pytest.mark.parametrize(
    ("source", "compiled"),
    [
        ("<ul>\n  <li>\n    One\n  </li>\n</ul>\n", "<ul><li>One</li></ul>"),
        ("<p>\n  Two words\n  and {{ more }}\n  {{ values }}\n</p>", "<p>Two words and {{ more }} {{ values }}</p>"),
        ("{% if a %}\n  <b>A</b>\n{% else %}\n  B\n{% endif %}\n", "{% if a %}<b>A</b>{% else %}B{% endif %}"),
        ("One <b>within</b> a line", "One <b>within</b> a line"),
        ("One\n{{ ' ' }}<b>said</b>{{ \" \" }}\n<i>and said</i>", "One <b>said</b> <i>and said</i>"),
        ("<p>\n\n  <b>a</b>\n\n\n  <b>b</b></p>", "<p><b>a</b><b>b</b></p>"),
        ("<a\n  href='x'\n  class=\"y\"\n>\n  z\n</a>", "<a href='x' class=\"y\">z</a>"),
        ("<br\n/>", "<br/>"),
        ('<a\n  {% if x > 1 %} href="x"{% endif %}\n  id="y"\n>', '<a{% if x > 1 %} href="x"{% endif %} id="y">'),
        ("<a\n  {% if x %}\n    href='x'\n  {% endif %}\n>", "<a{% if x %} href='x'{% endif %}>"),
        ('<a title="one\n  > two">\n</a>', '<a title="one\n  > two"></a>'),
        ("<pre\n  class='x'\n>\n  as\n  typed\n</pre>\n", "<pre class='x'>\n  as\n  typed\n</pre>"),
        ("<textarea>\n {{ x }}\n</textarea>", "<textarea>\n {{ x }}\n</textarea>"),
        ("<script>\n  <b>\n</script>\n<b>\n</b>", "<script>\n  <b>\n</script><b></b>"),
        ("<!-- a\n b -->\n<b>", "<!-- a\n b --><b>"),
        ("{# why #}\n<b>", "{# why #}<b>"),
        (
            "<p>\n  {% blocktranslate %}a\n  b{% endblocktranslate %}\n</p>",
            "<p>{% blocktranslate %}a\n  b{% endblocktranslate %}</p>",
        ),
        ("{% verbatim %}\n {% verbatim %}{% endverbatim %}\n", "{% verbatim %}\n {% verbatim %}{% endverbatim %}"),
    ],
)
def test_what_is_compiled(source: str, compiled: str) -> None:
    assert without_indentation(source) == compiled
    assert without_indentation(compiled) == compiled


def test_a_page_is_compiled_so() -> None:
    page = get_template("frame/sort.html").render({"title": "Day", "link": "?", "direction": "ascending"})
    assert page == (
        '<th scope="col" aria-sort="ascending"><a href="?">Day <span class="dir" aria-hidden="true">↑</span></a></th>'
    )


def test_templates_of_others_and_letters_are_compiled_as_they_are() -> None:
    assert "\n" in get_template("mfa/base_entrance.html").template.source
    assert "\n" in get_template("delivery/night.txt").template.source


def test_a_blank_that_counts_is_one_without_the_loader_too() -> None:
    assert Template('<b>a</b>{{ " " }}<b>b</b>').render(Context()) == "<b>a</b> <b>b</b>"
