"""Post from, and recording everything up to a day: nothing is done that was not shown first, with count and amount."""

from datetime import date

import pytest
from django.test import Client
from django.utils import translation

from clubledger.clubs.access import NotAllowed
from clubledger.clubs.models import AuditEvent, Role
from clubledger.ledger.errors import CutoverRefused, NotRecordable
from clubledger.ledger.journals import cutover, overview
from clubledger.ledger.models import Journal
from tests.fixtures_clubs import add_member

pytestmark = pytest.mark.django_db
POST_FROM = "/c/banksia-park/configuration/integration/general-ledger/post-from/"
RECORD = "/c/banksia-park/gl/record-up-to/"


@pytest.fixture
def client(owner):
    signed_in = Client()
    signed_in.force_login(owner)
    return signed_in


def make_journal(club, month, day, state="open", **fields):
    return Journal.objects.of(club).create(
        club=club,
        accounting_date=date(2026, month, day),
        state=state,
        debit_minor=10_000,
        transaction_count=2,
        **fields,
    )


def states(club):
    return list(Journal.objects.of(club).order_by("accounting_date").values_list("state", flat=True))


def test_the_effect_is_shown_before_it_is_set_and_is_then_in_the_trail(client, club):
    make_journal(club, 6, 29)
    make_journal(club, 6, 30, state="valid", validated_revision=0)
    make_journal(club, 6, 28, state="sent", number="J-000001")
    make_journal(club, 7, 1, state="valid")
    said = client.get(f"{POST_FROM}?post_from=2026-07-01").content.decode()
    assert "2 unsent journals, from 29 Jun 2026 to 30 Jun 2026, with total debits of 200.00" in said
    assert "1 journal before that day is in Xero or recorded and stays so" in said
    told = {"post_from": "2026-07-01", "told": "2:20000/0:0"}
    assert "Say why" in client.post(POST_FROM, told).content.decode()
    answer = client.post(POST_FROM, told | {"reason": "We moved on 1 July."}, follow=True).content.decode()
    assert "The club posts from 1 Jul 2026" in answer
    club.refresh_from_db()
    assert club.post_from == date(2026, 7, 1)
    assert states(club) == ["sent", "open", "open", "valid"]
    event = AuditEvent.objects.of(club).get(action="club.post_from_set")
    assert event.summary == "Posts from 01/07/2026: We moved on 1 July."
    assert event.after["journals_kept"] == 2
    assert {day.status for day in overview.days(club=club, from_on=date(2026, 6, 29), up_to_on=date(2026, 6, 30))} == {
        "before_cutover"
    }


def test_what_has_changed_since_is_shown_again(client, club):
    make_journal(club, 6, 29)
    answer = client.post(POST_FROM, {"post_from": "2026-07-01", "told": "0:0/0:0", "reason": "x"})
    assert "Something has changed since you looked" in answer.content.decode()
    club.refresh_from_db()
    assert club.post_from is None


def test_moving_it_back_says_what_would_be_sent_again_and_forgets_what_was_found(client, club, owner):
    club.post_from = date(2026, 7, 1)
    club.save()
    journal = make_journal(club, 6, 29, findings=[{"code": "before_cutover", "message": "x", "severity": "fault"}])
    said = client.get(f"{POST_FROM}?none=1").content.decode()
    assert "For sending again" in said
    assert "would double them" in said
    cutover.set_post_from(club=club, actor=owner, post_from=None, reason="By mistake.")
    journal.refresh_from_db()
    club.refresh_from_db()
    assert journal.findings == []
    assert overview.overview(club=club).journals_unsent == 1


@pytest.mark.parametrize("state", ["queued", "sending", "uncertain", "differs"])
def test_what_is_on_its_way_or_unclear_holds_it_back(client, club, owner, state):
    journal = make_journal(club, 6, 29, state=state)
    said = client.get(f"{POST_FROM}?post_from=2026-07-01").content.decode()
    assert "Settle these first" in said
    assert f"/gl/journals/{journal.pk}/" in said
    assert "Post from 1 Jul 2026</button>" not in said
    with pytest.raises(CutoverRefused):
        cutover.set_post_from(club=club, actor=owner, post_from=date(2026, 7, 1), reason="x")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en-au", "29/06/2026 is checking in Xero"), ("de", "29.06.2026 hat den Status wird in Xero")],
)
def test_what_holds_it_back_is_said_in_the_readers_language(club, owner, language, words):
    make_journal(club, 6, 29, state="uncertain")
    with translation.override(language), pytest.raises(CutoverRefused, match=words):
        cutover.set_post_from(club=club, actor=owner, post_from=date(2026, 7, 1), reason="x")


def test_only_an_owner_sets_it_with_a_reason_and_not_years_ahead(club, owner):
    with pytest.raises(NotAllowed):
        cutover.set_post_from(club=club, actor=add_member(club, Role.ACCOUNTS), post_from=None, reason="x")
    with pytest.raises(CutoverRefused, match="reason"):
        cutover.set_post_from(club=club, actor=owner, post_from=date(2026, 7, 1), reason=" ")
    with pytest.raises(CutoverRefused, match="ahead"):
        cutover.set_post_from(club=club, actor=owner, post_from=date(2099, 7, 1), reason="x")


@pytest.mark.parametrize("query", ["post_from=x", "post_from=2026-02-31"])
def test_a_date_that_can_not_be_read_is_said_at_the_field(client, query):
    answer = client.get(f"{POST_FROM}?{query}")
    assert answer.status_code == 422
    assert "Give a day" in answer.content.decode()


def test_everything_up_to_a_day_is_recorded_with_one_reason(club):
    accounts = Client()
    accounts.force_login(add_member(club, Role.ACCOUNTS))
    for day, state in ((1, "open"), (2, "valid"), (3, "rejected"), (4, "uncertain"), (5, "sending"), (9, "open")):
        make_journal(club, 6, day, state=state)
    said = accounts.get(f"{RECORD}?up_to=2026-06-08").content.decode()
    assert "<dd>300.00</dd>" in said
    assert "2 journals up to that day are queued, on their way, unclear or different in Xero." in said
    told = {"up_to": "2026-06-08", "said_count": "3", "said_minor": "30000"}
    assert "Say why" in accounts.post(RECORD, told).content.decode()
    answer = accounts.post(RECORD, told | {"reason": "Entered by hand."}, follow=True).content.decode()
    assert "3 journals up to 8 Jun 2026 recorded as manually added" in answer
    assert states(club) == ["recorded", "recorded", "recorded", "uncertain", "sending", "open"]
    assert set(
        Journal.objects.of(club).filter(state="recorded").values_list("recorded_reason", flat=True)
    ) == {"Entered by hand."}  # fmt: skip


def test_it_records_nothing_that_was_not_shown_nor_days_to_come_nor_before_the_cut_over(client, club, owner):
    make_journal(club, 6, 1)
    make_journal(club, 7, 1)
    club.post_from = date(2026, 7, 1)
    club.save()
    answer = client.post(RECORD, {"up_to": "2026-07-31", "said_count": "2", "said_minor": "x", "reason": "y"})
    assert "Something has changed since you looked" in answer.content.decode()
    assert "That day is still to come." in client.get(f"{RECORD}?up_to=2099-01-01").content.decode()
    with pytest.raises(NotRecordable, match="to come"):
        cutover.record_up_to(club=club, actor=owner, up_to_on=date(2099, 1, 1), reason="y", told=cutover.Pile(1, 0, 0))
    told = cutover.recordable_up_to(club=club, up_to_on=date(2026, 7, 31)).pile
    assert cutover.record_up_to(club=club, actor=owner, up_to_on=date(2026, 7, 31), reason="y", told=told) == 1
    assert states(club) == ["open", "recorded"]
