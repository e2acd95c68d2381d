"""Every list of the club's pages: each head sorts it both ways, its file stands alike, and what is missing comes last.

The lists are those of `tests.web.listing`; `tests/doors/test_tables.py` finds a table of a page that is none of them.
"""

import csv
import io
import re
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from clubledger.clubs.models import User
from clubledger.frame import paging
from clubledger.ledger.models import GLCode, Import, Journal
from tests.web.full_club import full, staff
from tests.web.listing import LISTS

__all__ = ["full", "staff"]

pytestmark = pytest.mark.django_db
HOSTILE = ["password", "--name", "-", "pk", "user__password", "<script>", "1;--", "\x00"]


@pytest.fixture
def client(owner):
    signed_in = Client()
    signed_in.force_login(owner)
    return signed_in


def address(listed, club):
    if not listed.is_of_club:
        return reverse(listed.page)
    if listed.is_of_staff:
        return reverse(listed.page)
    kept = {
        "gl_code": lambda: GLCode.objects.of(club).get(code="202").pk,
        "journal": lambda: Journal.objects.of(club).get(number="J-50").pk,
        "of_import": lambda: Import.objects.of(club).order_by("pk").first().pk,
    }
    return reverse(listed.page, args=[club.slug, *(kept[one]() for one in listed.args)])


def asking(listed, club):
    """Give what the address asks besides: of an import the club's first one, whatever its key."""
    of_import = {"import": Import.objects.of(club).order_by("pk").first().pk} if "import" in listed.query else {}
    of_books = {"from": f"{timezone.localdate() - timedelta(days=20)}", "up_to": f"{timezone.localdate()}"}
    return listed.query | of_import | (of_books if "from" in listed.query else {})


def shown(client, club, listed, **asked):
    answer = client.get(address(listed, club), {**asking(listed, club), **asked})
    assert answer.status_code == 200
    page = answer.content.decode().split("<main", 1)[1]
    return page, [unescape(one) for one in re.findall(listed.mark, page)]


def filed(client, club, listed, **asked):
    answer = client.get(address(listed, club), {**asking(listed, club), **asked, "format": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    titles, *rows = csv.reader(text.splitlines())
    return titles, rows


def value_of(text):
    """Give a cell as what it is: an amount, a time, a day, or words whose case does not count."""
    for read in (Decimal, datetime.fromisoformat, date.fromisoformat):
        try:
            return read(text)
        except (ValueError, InvalidOperation):
            continue
    return text.casefold()


@pytest.fixture
def asker(request, client, name):
    """Who asks for the list: the owner, or the vendor's staff."""
    if not LISTS[name].is_of_staff:
        return client
    signed_in = Client()
    signed_in.force_login(request.getfixturevalue("staff"))
    return signed_in


@pytest.mark.parametrize("name", LISTS)
def test_each_head_sorts_both_ways_and_its_file_alike(asker, full, name):
    listed = LISTS[name]
    page, preset = shown(asker, full, listed)
    assert len(preset) > 2
    linked = re.findall(rf'<th[^>]* aria-sort="[a-z]+"><a href="\?[^"]*\b{listed.by}=-?(\w+)', page)
    known = {head for one in LISTS.values() if (one.page, one.by) == (listed.page, listed.by) for head in one.heads}
    assert set(linked) == known
    for head, column in listed.heads.items():
        for wanted in (head, f"-{head}"):
            _page, rows = shown(asker, full, listed, **{listed.by: wanted})
            assert sorted(rows) == sorted(preset)
            _titles, lines = filed(asker, full, listed, **{listed.by: wanted})
            assert [line[listed.known_by] for line in lines] == rows, f"{wanted}: the file stands otherwise"
            if column is not None:
                cells = [line[column] for line in lines]
                there = [value_of(cell) for cell in cells if cell]
                assert cells[len(there) :] == [""] * (len(cells) - len(there)), f"{wanted}: nothing stands last"
                assert there == sorted(there, reverse=wanted.startswith("-")), f"{wanted}: {there}"


@pytest.mark.parametrize("name", LISTS)
def test_an_order_that_no_list_has_is_answered_as_if_it_had_not_been_asked_for(asker, full, name):
    listed = LISTS[name]
    preset = shown(asker, full, listed)[1]
    for hostile in HOSTILE:
        page, rows = shown(asker, full, listed, **{listed.by: hostile})
        assert rows == preset
        assert "<script>" not in page
        assert filed(asker, full, listed, **{listed.by: hostile}) == filed(asker, full, listed)


UNPAGED = {
    "balances",
    "home", "lines of a journal", "one gl code", "who has authorised", "invitations", "gst, tax types",
    "gst, documents", "charges", "account types", "payment methods", "audit trail", "console, clubs",
    "console, changeovers", "console, waves", "console, apps", "console, what fails",
}  # fmt: skip
"""Short lists, and those whose pages are of another length than most; the trail's are turned in `test_lists.py`."""


@pytest.mark.parametrize("name", LISTS)
def test_pages_of_a_sorted_list_hold_each_row_once_and_the_xlsx_file_all(asker, full, name, monkeypatch):
    listed = LISTS[name]
    whole = {wanted: shown(asker, full, listed, **{listed.by: wanted})[1] for wanted in ("", *listed.heads)}
    sheet = asker.get(address(listed, full), {**asking(listed, full), "format": "xlsx"}).content
    lines = load_workbook(io.BytesIO(sheet), read_only=True).active.values
    known = [str(line[listed.known_by]).removesuffix(" 00:00:00") for line in lines]
    titles, rows = filed(asker, full, listed)
    assert known == [line[listed.known_by] for line in (titles, *rows)]
    for of in (paging.page_of, paging.page_made):
        monkeypatch.setitem(of.__kwdefaults__, "per_page", 1)
    if len(shown(asker, full, listed)[1]) != 1:
        assert name in UNPAGED
        return
    for wanted, rows in whole.items():
        pages = [shown(asker, full, listed, **{listed.by: wanted}, page=page)[1] for page in range(1, len(rows) + 1)]
        assert [row for page in pages for row in page] == rows, wanted


def test_the_heads_of_a_page_that_answers_a_form_elsewhere_lead_to_the_page(client, full):
    users = reverse("users", args=[full.slug])
    answer = client.post(reverse("invite", args=[full.slug]), {"email": "nobody", "role": "viewer"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'aria-sort="none"><a href="{users}?sort=role"' in page
    assert f'href="{users}?format=csv"' in page


def test_journals_keep_their_order_through_filters_forms_and_what_is_selected(client, full):
    here = reverse("gl", args=[full.slug])
    asked = {"from": "2026-03-01", "up_to": "2026-11-30", "show": "all", "sort": "-debit", "ticked": "all"}
    page = client.get(here, asked).content.decode()
    assert page.count('<input type="hidden" name="sort" value="-debit">') == 2
    assert re.search(r'href="\?from=2026-03-01&amp;up_to=2026-11-30&amp;show=unsent&amp;sort=-debit"', page)
    # A head keeps the filter and what is selected across pages, and lets the page go.
    assert re.search(r'aria-sort="none"><a href="\?[^"]*show=all&amp;sort=date&amp;ticked=all"', page)
    journal = Journal.objects.of(full).get(number="J-1")
    chosen = {name: asked[name] for name in ("from", "up_to", "show", "sort")} | {"journal": str(journal.pk)}
    answer = client.post(reverse("withdraw", args=[full.slug]), chosen)
    assert "sort=-debit" in answer["Location"]


@pytest.mark.parametrize(
    ("page", "asked", "kept"),
    [
        ("gl-codes", {"show": "usable", "sort": "-name", "q": "e"}, {"show": "usable", "sort": "-name"}),
        ("job-codes", {"sort": "-code", "q": "Job"}, {"sort": "-code"}),
        ("charges", {"gl_code": "202", "unmapped": "", "sort": "-code", "q": "C"}, {"gl_code": "202", "sort": "-code"}),
        ("transactions", {"sort": "-member"}, {"sort": "-member"}),
        ("audit-trail", {"sort": "number"}, {"sort": "number"}),
    ],
)
def test_searching_keeps_filter_and_order_and_sorting_keeps_the_search(client, full, page, asked, kept):
    said = client.get(reverse(page, args=[full.slug]), asked).content.decode()
    form = re.search(r'<form class="search".*?</form>', said, re.DOTALL).group()
    assert dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)) == kept
    for link in re.findall(r'aria-sort="[a-z]+"><a href="\?([^"]*)"', said):
        query = dict(part.split("=") for part in unescape(link).split("&"))
        assert {name: query.get(name, "") for name in asked if name != "sort"} == {
            name: value for name, value in asked.items() if name != "sort"
        }


@pytest.mark.parametrize("name", LISTS)
def test_whoever_reads_german_finds_the_page_in_the_order_of_the_file_which_is_in_english(asker, full, name):
    listed = LISTS[name]
    english = filed(asker, full, listed)
    assert len(set(english[0])) == len(english[0])
    User.objects.update(language="de")
    page = asker.get(address(listed, full), asking(listed, full)).content.decode()
    assert '<html lang="de"' in page
    assert filed(asker, full, listed) == english
    for wanted in listed.heads:
        rows = shown(asker, full, listed, **{listed.by: wanted})[1]
        lines = filed(asker, full, listed, **{listed.by: wanted})[1]
        assert [line[listed.known_by] for line in lines] == [{"o. Nr.": "TBA"}.get(row, row) for row in rows]
