"""The register of pages: what stands in a menu, where, and in which order."""

import clubledger.console.pages
from clubledger.frame.pages import Action, Answer, Audience, Page, Section, menu

FIRST, SECOND = Section("First"), Section("Second")
REGISTER = (
    Page("gl", "Journals", menu=FIRST),
    Page("journal", "Journal", guide="gl"),
    Action("validate"),
    Page("charges", "Charges", menu=SECOND),
    Answer("send-progress", "a part of a page"),
    Page("transactions", "Transactions", menu=FIRST),
)


def test_a_menu_has_the_pages_of_its_sections_in_the_registers_order():
    made = menu(REGISTER, "/c/banksia-park/gl/", slug="banksia-park")
    assert [(group.title, [entry.title for entry in group.entries]) for group in made] == [
        ("First", ["Journals", "Transactions"]),
        ("Second", ["Charges"]),
    ]
    assert made[0].entries[0].link == "/c/banksia-park/gl/"


def test_the_page_that_stands_is_marked_and_so_is_its_line_on_the_pages_below_it():
    for path in ("/c/banksia-park/gl/", "/c/banksia-park/gl/journals/1/"):
        entries = menu(REGISTER, path, slug="banksia-park")[0].entries
        assert [entry.is_here for entry in entries] == [True, False]


def test_a_page_has_its_own_help_or_shares_another_pages():
    assert [page.help_file for page in REGISTER if isinstance(page, Page)][:2] == ["gl.md", "gl.md"]
    assert Page("gl-codes", "GL codes").help_file == "gl-codes.md"


def test_only_what_is_of_a_club_begins_with_one():
    assert REGISTER[0].is_of_club
    assert not Page("security", "Your security", audience=Audience.PERSON).is_of_club


def test_the_consoles_menu_is_one_section():
    assert [str(entry.title) for entry in menu(clubledger.console.pages.ADDRESSES, "/console/")[0].entries] == [
        "Clubs", "Xero Apps", "Changeovers", "Fleet", "API Keys"
    ]  # fmt: skip
