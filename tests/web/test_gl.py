"""GL Integration: what the page says, what it selects, and that what is sent is what the person was told."""

import re
from datetime import UTC, date, datetime, time
from types import SimpleNamespace

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clubledger.clubs.access import PERMISSIONS, Permission
from clubledger.clubs.models import Role
from clubledger.delivery.models import Delivery, NightlySending, SendRun
from clubledger.delivery.sending import queue
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import FinancialItem, Journal
from clubledger.xero.models import Authorisation, Connection, TokenSet
from tests.fixtures_clubs import add_member, make_club
from tests.fixtures_xero import make_app

pytestmark = pytest.mark.django_db
RANGE = "from=2026-11-01&up_to=2026-11-30"


@pytest.fixture
def client(club):
    signed_in = Client()
    signed_in.owner = add_member(club, Role.OWNER)
    signed_in.force_login(signed_in.owner)
    return signed_in


def make_journal(club, day, minor=10_000, **fields):
    filled = {"debit_minor": minor, "transaction_count": 2 if minor else 0, "line_count": 3, "revision": 1} | fields
    return Journal.objects.of(club).create(club=club, accounting_date=date(2026, 11, day), **filled)


def fault(mends="charge:LOCKER", message="Charge LOCKER has no GL code."):
    return {"code": "unmapped", "message": message, "mends": mends, "severity": "fault", "amount": "66.00", "count": 2}


def page(client, query=RANGE):
    return client.get(f"/c/banksia-park/gl/?{query}").content.decode()


def test_a_new_club_sees_the_four_steps(client):
    assert "Four steps to books that agree" in page(client)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("is_new", [True, False])
def test_each_of_the_four_steps_is_offered_to_who_may_take_it_and_tells_others_who_does(club, role, is_new):
    """By the table of who may do what: the words of each step for who may take it, and for who may not."""
    steps = {
        Permission.IMPORT: ("and import the file.", "An Owner or somebody of Accounts imports them", ">Import</a>"),
        Permission.AUTHORISE: (
            "Authorise with your own Xero login;",
            "An Owner, an Administrator or somebody of Accounts authorises",
            ">Open General Ledger</a>",
        ),
        Permission.CONFIGURE: ("Give each charge", "An Owner or an Administrator gives each charge", ">Map</a>"),
        Permission.SEND: ("and send what is valid.", "An Owner or somebody of Accounts validates", ">Send to"),
    }
    if not is_new:
        make_journal(club, 9)
    browser = Client()
    browser.force_login(add_member(club, role))
    [card] = re.findall(r'<section class="card" aria-labelledby="steps-title">.*?</section>', page(browser), re.DOTALL)
    for permission, (offer, who, button) in steps.items():
        may = permission in PERMISSIONS[role]
        assert (offer in card) is may
        assert (who in card) is not may
        if not may:
            assert button not in card


@pytest.mark.parametrize("role", [Role.OWNER, Role.VIEWER])
def test_an_empty_page_asks_nobody_to_do_what_they_may_not(club, role):
    browser = Client()
    browser.force_login(add_member(club, role))
    asked = {
        "import/": "and choose the file.",
        "transactions/": "and import the file",
        "configuration/chart-of-accounts/gl-codes/": "Retrieve them from Xero.",
        "configuration/chart-of-accounts/job-codes/": "Retrieve the tracking categories from Xero",
    }
    for path, words in asked.items():
        answer = browser.get(f"/c/banksia-park/{path}")
        assert answer.status_code == 200
        assert (words in answer.content.decode()) is (role == Role.OWNER)
        assert ("somebody of Accounts" in answer.content.decode()) is (role == Role.VIEWER)


def test_the_first_sentence_is_the_answer(client, club):
    make_journal(club, 9)
    make_journal(club, 11, findings=[fault()])
    said = page(client)
    assert "2 journals from 9–11 November 2026 are not in Xero yet." in said
    assert "1 of them needs your help." in said


def test_one_journal_is_not_counted_among_itself(client, club):
    make_journal(club, 9, findings=[fault()])
    assert "1 journal of Mon 9 Nov 2026 is not in Xero yet. It needs your help." in " ".join(
        re.sub("<[^>]+>", " ", page(client)).split()
    )


def test_what_was_withdrawn_is_counted_not_what_was_selected(client, club):
    waiting, sent = make_journal(club, 9, state="queued"), make_journal(club, 10, state="sending")
    told = {"from": "2026-11-01", "up_to": "2026-11-30", "journal": [waiting.pk, sent.pk]}
    said = client.post("/c/banksia-park/gl/withdraw/", told, follow=True).content.decode()
    assert "1 journal withdrawn; nothing of it was sent." in said
    assert "1 of the selected journals stays as it is: see its state." in said
    assert [Journal.objects.of(club).get(pk=one.pk).state for one in (waiting, sent)] == ["open", "sending"]


def test_withdraw_stands_there_only_while_something_waits(client, club):
    journal = make_journal(club, 9)
    assert "/gl/withdraw/" not in page(client)
    Journal.objects.of(club).filter(pk=journal.pk).update(state="queued")
    assert "/gl/withdraw/" in page(client)


def test_take_over_is_offered_as_soon_as_the_sender_can_send_no_more(client, club):
    tess, now = add_member(club, Role.ACCOUNTS, "tess@banksiapark.example"), timezone.now()
    app = make_app()
    Connection.objects.of(club).create(club=club, app=app, tenant_id="t", organisation_name="Banksia Park Inc")
    tokens = TokenSet.objects.create(app=app, xero_user_id="x", access_expires_at=now, refreshed_at=now)
    Authorisation.objects.of(club).create(
        club=club, user=tess, app=app, token_set=tokens, tenant_id="t", authorised_at=now
    )
    Delivery.objects.of(club).create(
        club=club, journal=make_journal(club, 9, state="queued", wait_reason=WaitReason.LOCK),
        sender=tess, reference="J", payload=b"", dated_on=date(2026, 11, 9), queued_at=now, due_at=now,
    )  # fmt: skip
    assert "/gl/take-over/" not in page(client)
    Authorisation.objects.of(club).update(ended_at=now, ended_because="revoked")
    with CaptureQueriesContext(connection) as caught:
        assert "/gl/take-over/" in page(client)
    assert len(caught) <= 15


def test_why_it_waits_and_when_it_is_tried_again(client, club):
    make_journal(
        club, 9, state="queued", wait_reason=WaitReason.LOCK, wait_until=datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
    )
    assert "Waits: Xero is locked on its date; tried again on 22 Nov 2026, 12:30 pm" in page(client)


def test_when_all_is_sent_it_says_so(client, club):
    make_journal(club, 9, state="sent", number="J-000001")
    assert "Everything up to Mon 9 Nov 2026 is in Xero." in page(client)


def test_faults_of_one_cause_stand_together_with_the_place_that_mends_them(client, club):
    for day in (9, 10):
        make_journal(club, day, findings=[fault()])
    make_journal(club, 11, findings=[fault("job:Bar", "Job code Bar is archived in Xero.")])
    said = page(client)
    assert "2 things to mend before these can go" in said
    assert "2 journals, 4 rows, 132.00" in said
    assert "/c/banksia-park/configuration/charges/?item=LOCKER" in said


def test_text_from_outside_is_escaped_in_the_rows(client, club):
    make_journal(club, 9, state="rejected", xero_words="<script>alert(1)</script>")
    said = page(client)
    assert "<script>alert" not in said
    assert "&lt;script&gt;alert(1)" in said


def test_a_further_journal_an_empty_one_and_one_before_the_cut_over_are_marked(client, club):
    make_journal(club, 2)
    make_journal(club, 9, sequence=2)
    make_journal(club, 10, 0)
    club.post_from = date(2026, 11, 5)
    club.save()
    said = page(client)
    assert "second journal for this date" in said
    assert "Empty" in said
    assert "Before cut-over" in said
    assert said.count("name=journal ") == 2


def test_select_all_means_all_that_match_not_only_the_page(client, club):
    for number in range(130):
        Journal.objects.of(club).create(
            club=club, accounting_date=date(2026, 11, 9), sequence=number + 1, debit_minor=100, revision=1
        )
    assert 'data-count="130"' in page(client)
    answer = client.post(
        "/c/banksia-park/gl/record/",
        {"from": "2026-11-01", "up_to": "2026-11-30", "show": "unsent", "all": "1", "reason": "By hand",
         "said_count": "130", "said_minor": "13000"},
    )  # fmt: skip
    assert answer.status_code == 302
    assert Journal.objects.of(club).filter(state="recorded").count() == 130


def test_the_foot_adds_up_each_amount_once_and_leaves_voided_journals_out(client, club):
    make_journal(club, 9, state="voided")
    make_journal(club, 9, state="sent", sequence=2)
    make_journal(club, 10, 500)
    foot = page(client, f"{RANGE}&show=all").partition("<tfoot>")[2].partition("</tfoot>")[0]
    words = " ".join(re.sub("<[^>]+>", " ", foot).split())
    assert words.startswith("3 journals 1 voided is not added up: what it held stands in another journal. 4 6 105.00")
    assert "voided" not in page(client, f"{RANGE}&show=sent").partition("<tfoot>")[2].partition("</tfoot>")[0]


def test_what_is_not_what_the_person_was_told_is_asked_again(client, club):
    journal = make_journal(club, 9, state="valid", validated_revision=1)
    answer = client.post(
        "/c/banksia-park/gl/send/",
        {"from": "2026-11-01", "up_to": "2026-11-30", "journal": str(journal.pk), "said_count": "1", "said_minor": "1"},
    )
    assert answer.status_code == 200
    assert "100.00" in answer.content.decode()
    assert not SendRun.objects.of(club).exists()


def test_after_sending_the_rows_of_the_run_stay_in_sight(client, club, monkeypatch):
    journal = make_journal(club, 9, state="valid")
    run = SendRun.objects.of(club).create(club=club, actor=client.owner, created_at=timezone.now())
    monkeypatch.setattr(queue, "send_to_gl", lambda **_named: run)
    form = {"journal": journal.pk, "said_count": "1", "said_minor": "10000", "show": "unsent"}
    answer = client.post(f"/c/banksia-park/gl/send/?{RANGE}", form)
    assert "show=all" in answer["Location"]
    assert f"run={run.pk}" in answer["Location"]


def test_who_may_not_map_is_told_who_does(club):
    tess = Client()
    tess.force_login(add_member(club, Role.ACCOUNTS))
    make_journal(club, 9)
    FinancialItem.objects.of(club).create(club=club, kind="charge", code="LOCKER")
    add_member(club, Role.ADMINISTRATOR)
    assert "An Owner or an Administrator maps them." in page(tess)
    said = tess.get("/c/banksia-park/configuration/charges/?item=LOCKER").content.decode()
    assert "Owners and Administrators say where items go." in said
    assert "Administrator of banksia park golf club" in said


def test_recording_needs_a_reason(client, club):
    journal = make_journal(club, 9)
    told = {"from": "2026-11-01", "up_to": "2026-11-30", "journal": str(journal.pk), "said_count": "1",
            "said_minor": "10000"}  # fmt: skip
    answer = client.post("/c/banksia-park/gl/record/", told | {"reason": "  "})
    assert "Say why" in answer.content.decode()
    journal.refresh_from_db()
    assert journal.state == "open"


def test_journals_of_another_club_are_not_among_the_selected(client, club):
    theirs = make_journal(make_club("wattle-creek", "Wattle Creek"), 9)
    client.post(
        "/c/banksia-park/gl/record/",
        {"from": "2026-11-01", "up_to": "2026-11-30", "journal": str(theirs.pk), "reason": "x", "said_count": "0",
         "said_minor": "0"},
    )  # fmt: skip
    theirs.refresh_from_db()
    assert theirs.state == "open"


@pytest.mark.parametrize(
    "query",
    ["from=x&up_to=y", "from=2026-13-01", "on=2026-02-30", "page=0&sort=nothing", "show=none", "from=9999-12-31"],
)
def test_a_strange_address_still_gives_the_page(client, club, query):
    make_journal(club, 9)
    assert client.get(f"/c/banksia-park/gl/?{query}").status_code == 200


def test_a_viewer_sees_no_button(club):
    make_journal(club, 9)
    viewer = Client()
    viewer.force_login(add_member(club, Role.VIEWER))
    said = page(viewer)
    assert "Validate Journals with GL" not in said
    assert 'type="checkbox"' not in said


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_the_list_is_a_file_too(client, club, file_format):
    make_journal(club, 9)
    answer = client.get(f"/c/banksia-park/gl/?{RANGE}&format={file_format}")
    assert answer["Content-Disposition"].endswith(f'.{file_format}"')
    assert b"".join(answer.streaming_content if answer.streaming else [answer.content])


def test_the_page_asks_the_database_no_more_often_for_more_journals(client, club):
    def queries():
        with CaptureQueriesContext(connection) as caught:
            page(client)
        return len(caught)

    make_journal(club, 1, findings=[fault()])
    page(client)
    few = queries()
    for day in range(2, 31):
        make_journal(club, day, findings=[fault()])
    assert queries() == few


def test_headers_are_strict(client, club):
    answer = client.get("/c/banksia-park/gl/")
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Frame-Options"] == "DENY"


def test_mapping_shows_what_it_moves_before_it_is_saved(client, club):
    FinancialItem.objects.of(club).create(club=club, kind="charge", code="LOCKER")
    said = client.get("/c/banksia-park/configuration/charges/?item=LOCKER").content.decode()
    assert "1 of 1 has no GL code yet." in said
    assert "autofocus" in said


def test_what_was_sent_by_whom_is_a_file_too(client, club):
    run = SendRun.objects.of(club).create(club=club, actor=client.owner, created_at=timezone.now())
    Delivery.objects.of(club).create(
        club=club, journal=make_journal(club, 9, state="sent"), run=run, sender=client.owner, reference="R",
        narration="N", dated_on=date(2026, 11, 9), payload=b"", payload_hash="", queued_at=timezone.now(),
        due_at=timezone.now(), closed_at=timezone.now(), closed_because="sent",
    )  # fmt: skip
    file = b"".join(client.get("/c/banksia-park/gl/runs/?format=csv").streaming_content).decode()
    assert ",Owner of banksia park golf club,2026-11-09,2026-11-09,1,100.00,1" in file


def test_the_last_night_is_told_with_its_day_as_people_write_it(client, club):
    kept = {"on": "2026-11-15", "sent": 2, "left": [], "waiting": 0, "trouble": ""}
    NightlySending.objects.of(club).create(club=club, user=client.owner, at=time(2, 30), is_on=True, last_result=kept)
    said = client.get("/c/banksia-park/gl/runs/").content.decode()
    assert "Last night, Sun 15 Nov 2026: 2 sent, 0 left." in said
    assert "2026-11-15" not in said


@pytest.mark.parametrize(("left", "words"), [(420, "About 7 minutes left. It goes on"), (None, "It goes on if you")])
def test_the_progress_of_sending_speaks_in_sentences(left, words):
    progress = SimpleNamespace(
        done=1, total=3, sent=1, failed=0, waiting=1, is_finished=False, seconds_left=left,
    )  # fmt: skip
    said = render_to_string("web/journals/progress.html", {"progress": progress, "is_moving": True})
    assert f"1 waiting. {words}" in " ".join(said.split())
