"""Every list of the club's pages: each head sorts it both ways, its file stands alike, and what is missing comes last.

The table of lists is held against the pages: a table that is in neither of the two below fails, and so does a head that
sorts by something the table does not know.
"""

import csv
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clubledger.clubs import invitations, keys
from clubledger.clubs.models import ApiKey, Invitation, Membership, Role, User
from tests.fixtures_clubs import add_member

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Listed:
    """A list: its page, and for each head the column of its file that shows what the head sorts by.

    A head's column may be None where the file says it in other words. `mark` finds the rows of the page by a text that
    stands in the column `known_by` of the file too.
    """

    page: str
    mark: str
    heads: dict[str, int | None]
    known_by: int = 0
    by: str = "sort"
    query: dict[str, str] = field(default_factory=dict)
    args: tuple[str, ...] = ()
    has_file: bool = True


LISTS = {
    "users": Listed(
        "users", r'<td class="wide"><a href="[^"]*">([^<]*)</a>',
        {"name": 0, "role": 2, "xero": None, "second_step": None, "signed_in": 5, "state": 6},
    ),
    "invitations": Listed(
        "users", r'<td class="wrap wide">([^<]*)</td><td data-label="Role"',
        {"email": 0, "role": 1, "by": 2, "until": 5},
        by="invited", query={"table": "invitations"},
    ),
    "api keys": Listed(
        "api-keys", r'<td>(Key[^<]*)</td><td class="mono">',
        {"name": 0, "may": 2, "acts_for": 3, "made": 4, "used": 5, "state": 7},
    ),
}  # fmt: skip
HOSTILE = ["password", "--name", "-", "pk", "user__password", "<script>", "1;--", "\x00"]


@pytest.fixture
def full(club, owner):
    """A club with a few of everything, some of it without what lists show of the others."""
    now = timezone.now()
    for number, (name, role) in enumerate((("ada", Role.VIEWER), ("Bob", Role.ACCOUNTS), ("Cy", Role.OWNER))):
        one = add_member(club, role, f"{name}@banksiapark.example".lower())
        seen = None if name == "Bob" else now - timedelta(days=number)
        User.objects.filter(pk=one.pk).update(name=name, last_login=seen)
        Membership.objects.filter(user=one).update(is_active=name != "Cy")
        invitations.invite(club=club, actor=owner, email=f"{9 - number}@elsewhere.example", role=role)
        Invitation.objects.of(club).filter(email=f"{9 - number}@elsewhere.example").update(
            expires_at=now + timedelta(days=number), sent_at=None if number else now
        )
        made, _secret = keys.create(club=club, actor=owner, name=f"Key {'bca'[number]}", may_import=number == 1)
        ApiKey.objects.of(club).filter(pk=made.pk).update(
            last_used_at=None if number == 2 else now - timedelta(hours=number), revoked_at=now if not number else None
        )
    return club


@pytest.fixture
def client(owner):
    signed_in = Client()
    signed_in.force_login(owner)
    return signed_in


def address(listed, club):
    return reverse(listed.page, args=[club.slug, *listed.args])


def shown(client, club, listed, **asked):
    answer = client.get(address(listed, club), asked)
    assert answer.status_code == 200
    page = answer.content.decode().split("<main", 1)[1]
    return page, [unescape(one) for one in re.findall(listed.mark, page)]


def filed(client, club, listed, **asked):
    answer = client.get(address(listed, club), {**listed.query, **asked, "format": "csv"})
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


@pytest.mark.parametrize("name", LISTS)
def test_each_head_sorts_both_ways_and_its_file_alike(client, full, name):
    listed = LISTS[name]
    page, preset = shown(client, full, listed)
    assert len(preset) > 2
    linked = re.findall(rf'<th[^>]* aria-sort="[a-z]+"><a href="\?[^"]*\b{listed.by}=-?(\w+)', page)
    known = {head for one in LISTS.values() if (one.page, one.by) == (listed.page, listed.by) for head in one.heads}
    assert set(linked) == known
    for head, column in listed.heads.items():
        for wanted in (head, f"-{head}"):
            _page, rows = shown(client, full, listed, **{listed.by: wanted})
            assert sorted(rows) == sorted(preset)
            if not listed.has_file:
                continue
            _titles, lines = filed(client, full, listed, **{listed.by: wanted})
            assert [line[listed.known_by] for line in lines] == rows, f"{wanted}: the file stands otherwise"
            if column is not None:
                cells = [line[column] for line in lines]
                there = [value_of(cell) for cell in cells if cell]
                assert cells[len(there) :] == [""] * (len(cells) - len(there)), f"{wanted}: nothing stands last"
                assert there == sorted(there, reverse=wanted.startswith("-")), f"{wanted}: {there}"


@pytest.mark.parametrize("name", LISTS)
def test_an_order_that_no_list_has_is_answered_as_if_it_had_not_been_asked_for(client, full, name):
    listed = LISTS[name]
    preset = shown(client, full, listed)[1]
    for hostile in HOSTILE:
        page, rows = shown(client, full, listed, **{listed.by: hostile})
        assert rows == preset
        assert "<script>" not in page
        if listed.has_file:
            assert filed(client, full, listed, **{listed.by: hostile}) == filed(client, full, listed)


def test_the_heads_of_a_page_that_answers_a_form_elsewhere_lead_to_the_page(client, full):
    users = reverse("users", args=[full.slug])
    answer = client.post(reverse("invite", args=[full.slug]), {"email": "nobody", "role": "viewer"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'aria-sort="none"><a href="{users}?sort=role"' in page
    assert f'href="{users}?format=csv"' in page
