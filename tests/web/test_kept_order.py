"""The order of a list is kept: through filters, searches, forms and what is selected."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from clubledger.ledger.models import Journal
from tests.web.full_club import full

__all__ = ["full"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def client(owner):
    signed_in = Client()
    signed_in.force_login(owner)
    return signed_in


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
