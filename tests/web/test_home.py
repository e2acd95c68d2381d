"""Your clubs: how each of a person's clubs stands, at a glance and in few queries."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clubledger.clubs.models import Membership, Role
from clubledger.ledger.journals import overview
from clubledger.ledger.models import Journal
from clubledger.xero.connection import standing
from clubledger.xero.models import Authorisation, Connection, TokenSet, XeroApp
from tests.fixtures_clubs import make_club, make_user

pytestmark = pytest.mark.django_db
FIRST = date(2026, 7, 1)


@pytest.fixture
def tess():
    return make_user()


@pytest.fixture
def client(tess):
    signed_in = Client()
    signed_in.force_login(tess)
    return signed_in


def join(person, number, role=Role.ACCOUNTS, *, unsent=0, helped=0, **fields):
    club = make_club(f"club-{number:02d}", f"Club {number:02d}", **fields)
    Membership.objects.create(club=club, user=person, role=role)
    for place in range(unsent):
        Journal.objects.of(club).create(
            club=club, accounting_date=FIRST + timedelta(days=number + place),
            state="rejected" if place < helped else "open",
        )  # fmt: skip
    Journal.objects.of(club).create(club=club, accounting_date=date(2026, 1, 1), state="sent")
    return club


def connect(club, app, *people, tenant="", consented_app=None, **fields):
    tenant = tenant or f"t{club.pk}"
    Connection.objects.of(club).create(club=club, app=app, tenant_id=tenant, organisation_name=f"{club.name} Inc")
    for user in people:
        tokens, _ = TokenSet.objects.get_or_create(
            app=consented_app or app or XeroApp.objects.get(), xero_user_id=f"u{user.pk}",
            defaults={"access_expires_at": timezone.now(), "refreshed_at": timezone.now()},
        )  # fmt: skip
        Authorisation.objects.of(club).create(
            user=user, club=club, app=tokens.app, token_set=tokens, tenant_id=tenant, organisation_name="O",
            authorised_at=timezone.now(), **fields,
        )  # fmt: skip


def rows(said):
    body = said.split("<tbody>", 1)[1].split("</tbody>", 1)[0]
    return [re.sub(r"<[^>]*>", "|", row) for row in body.split("</tr>") if "<tr" in row]


def test_each_club_says_how_it_stands(client, tess):
    app = XeroApp.objects.create(name="App", client_id="a")
    old = XeroApp.objects.create(name="Old", client_id="b")
    other = make_user("other@elsewhere.example")
    connect(join(tess, 1, unsent=3, helped=2), app, tess)
    connect(join(tess, 2), app, tess, consented_app=old)
    connect(join(tess, 3, post_from=FIRST + timedelta(days=5), unsent=4), app, other)
    connect(join(tess, 4, Role.VIEWER), app, other)
    connect(join(tess, 5, Role.VIEWER), app)
    join(tess, 6)
    said = client.get("/").content.decode()
    one, two, three, four, five, six = rows(said)
    assert "2 journals need help." in said
    assert "Club 01 Inc" in one
    assert "Connected" in one
    assert "2 Jul 2026" in one
    assert re.search(r"\|3\|+2\|", one)
    assert "Connection moved" in two
    assert "None" in two
    assert "Not authorised by you" in three
    # The days before its Post from date count no more than on GL Integration.
    assert "6 Jul 2026" in three
    assert re.search(r"\|2\|+0\|", three)
    assert "Connected" in four
    assert "Nobody has authorised" in five
    assert "Not connected" in six


def test_it_says_what_the_clubs_own_pages_say(tess):
    app = XeroApp.objects.create(name="App", client_id="a")
    other = make_user("other@elsewhere.example")
    joined = [join(tess, number, unsent=number, helped=number // 2) for number in range(6)]
    connect(joined[0], app, tess, other)
    connect(joined[1], None, tess)
    connect(joined[2], app, tess, ended_at=timezone.now())
    connect(joined[3], app, other)
    found = overview.unsent_of(clubs=joined)
    for needs_own in (True, False):
        signs = standing.signs_for(user=tess, needs_own={club.pk: needs_own for club in joined})
        for club in joined[:4]:
            own, sign = signs[club.pk]
            assert sign == standing.sign_for(club=club, user=tess, connection=own, needs_own=needs_own)
    assert set(signs) == {club.pk for club in joined[:4]}
    for club in joined:
        whole = overview.overview(club=club)
        mine = (whole.oldest_unsent_on, whole.journals_unsent, whole.journals_needing_help)
        assert found.get(club.pk, (None, 0, 0)) == mine


@pytest.mark.parametrize(
    ("sort", "wanted"),
    [
        ("", "123"), ("-club", "321"), ("-unsent", "231"), ("oldest", "231"), ("-helped", "213"),
        ("password", "123"), ("--club", "123"), ("<script>", "123"),
    ],
)  # fmt: skip
def test_clubs_are_sorted(client, tess, sort, wanted):
    join(tess, 1)
    join(tess, 2, unsent=5, helped=1)
    join(tess, 3, unsent=2)
    said = client.get("/", {"sort": sort}).content.decode()
    assert "".join(re.findall(r'/c/club-0(\d)/gl/">', said)) == wanted
    assert "<script>" not in said


def test_fifty_clubs_ask_no_more_than_two(client, tess):
    app = XeroApp.objects.create(name="App", client_id="a")
    asked = []
    for upto in (2, 50):
        for number in range(Membership.objects.count(), upto):
            connect(join(tess, number, unsent=3, helped=1), app, tess)
        with CaptureQueriesContext(connection) as caught:
            said = client.get("/").content.decode()
        asked.append(len(caught))
    assert len(rows(said)) == 50
    assert asked[0] == asked[1] <= 15
    assert len(said) < 150_000
