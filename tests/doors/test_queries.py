"""How often the pages of a club ask the database: 15 times at most, and no more often for more rows.

Every page that a GET of the URL configuration gives, in a club where something is wrong in every corner.
"""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clubledger.changeover.models import Changeover, Step, Traveller
from clubledger.clubs import api_keys, audit
from clubledger.clubs.models import Invitation, Membership
from clubledger.delivery.models import BalanceProof, Call, CallItem, Delivery, RestoreHold, SendRun, Sighting
from clubledger.frame.pages import Page
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import (
    FinancialItem,
    GLCode,
    Import,
    JobCode,
    Journal,
    JournalTotal,
    Posting,
    RefusedRow,
    SourceLine,
    SourceTransaction,
    TaxCode,
)
from clubledger.xero.models import Authorisation, Connection, TokenSet
from tests.doors.table import OF_A_CLUB, READ, TABLE, address_of, client_of
from tests.fixtures_clubs import make_user

pytestmark = pytest.mark.django_db

MOST = 15
SHOWN = [name for name in OF_A_CLUB if name in READ and TABLE[name].fine == 200]
QUESTIONS = {
    "journal": ["line=201%7C%7C%7Cdebit"],
    "audit-trail": ["q=was", "who=0"],
    "balances": ["at=2026-10-08"],
}
"""What else a page can be asked in this world, beside the states of the register."""


def questions_of(name: str) -> list[str]:
    entry = TABLE[name].entry
    return [*QUESTIONS.get(name, []), *(entry.states.values() if isinstance(entry, Page) else ())]


@pytest.fixture
def furnished(world: SimpleNamespace) -> SimpleNamespace:
    """The world of the doors with a connection, a restored backup and a changeover under way."""
    club, owner, now = world.club, world.people["owner"], timezone.now()
    Connection.objects.of(club).create(club=club, app=world.app, tenant_id="t", organisation_name="Banksia Park Inc")
    RestoreHold.objects.of(club).create(club=club, backup_taken_at=now, restored_at=now)
    world.row = Changeover.objects.of(club).create(
        club=club, from_app=world.app, to_app=world.app, state="switched", planned_by=owner, planned_at=now,
        moved_at=now, switched_at=now, verified_at=now, people_total=2,
    )  # fmt: skip
    return world


def grow(world: SimpleNamespace, first: int, count: int) -> None:
    """Add so many of everything to the club."""
    for number in range(first, first + count):
        _add_people(world, number)
        _add_chart(world, number)
        _add_journals(world, number)
        _add_import(world, number)


def _add_people(world: SimpleNamespace, number: int) -> None:
    club, owner, now = world.club, world.people["owner"], timezone.now()
    person = make_user(f"person{number}@banksiapark.example", name=f"Person {number}")
    Membership.objects.create(club=club, user=person, role="accounts")
    tokens = TokenSet.objects.create(
        app=world.app, xero_user_id=f"u{number}", access_token="a", refresh_token="r", access_expires_at=now,
        refreshed_at=now,
    )  # fmt: skip
    Authorisation.objects.of(club).create(
        user=person, club=club, app=world.app, token_set=tokens, tenant_id="t", organisation_name="O", authorised_at=now
    )
    Traveller.objects.of(club).create(club=club, changeover=world.row, user=person)
    Step.objects.of(club).create(club=club, changeover=world.row, at=now, actor=person, name="paused", words="Paused.")
    Invitation.objects.of(club).create(
        club=club, email=f"more{number}@elsewhere.example", role="viewer", token_hash=f"{number}", created_at=now,
        invited_by=person, sent_at=now, expires_at=now + timedelta(days=7),
    )  # fmt: skip
    api_keys.create(club=club, actor=owner, name=f"Key {number}", may_import=False)
    Sighting.objects.of(club).create(
        club=club, reference=f"R{number}", kind="double", xero_journal_id=f"s{number}", found={}, seen_at=now
    )
    audit.note(club=club, actor=person, action="journal.sent", subject=f"journal {world.journal.pk}", summary="It was.")


def _add_chart(world: SimpleNamespace, number: int) -> None:
    club = world.club
    code = GLCode.objects.of(club).create(
        club=club, code=f"{200 + number}", name="Income", account_id=f"a{number}", account_type="REVENUE"
    )
    JobCode.objects.of(club).create(club=club, code=f"Golf {number}", option_id=f"o{number}")
    TaxCode.objects.of(club).create(club=club, tax_type=f"T{number}", name="GST", rate=10, status="ACTIVE")
    for kind in ("charge", "account_type", "payment_method"):
        FinancialItem.objects.of(club).create(club=club, kind=kind, code=f"NEW{number}", name="A new charge")
        FinancialItem.objects.of(club).create(club=club, kind=kind, code=f"OLD{number}", name="Charge", gl_code=code)


def _add_journals(world: SimpleNamespace, number: int) -> None:
    club, owner, now = world.club, world.people["owner"], timezone.now()
    fault = {"code": "unmapped", "message": "No GL code.", "mends": f"charge:NEW{number}", "severity": "fault"}
    for place, state in enumerate(("open", "valid", "queued", "rejected", "uncertain", "differs", "sent", "recorded")):
        Journal.objects.of(club).create(
            club=club, accounting_date=date(2026, 10, 1) + timedelta(days=place), sequence=number + 2, state=state,
            findings=[fault] if state == "open" else [], debit_minor=number * 100, sent_by=owner, recorded_by=owner,
            sent_at=now, recorded_at=now, wait_reason=WaitReason.AUTHORISATION,
        )  # fmt: skip
    rows = [[f"NEW{place}", "A new one", *["1.00"] * 6] for place in range(number)]
    for day in (date(2026, 10, 8), date(2026, 11, 1) + timedelta(days=number)):
        BalanceProof.objects.of(club).update_or_create(
            club=club,
            at=day,
            defaults={"asked_by": owner, "asked_at": now, "ended_at": now, "made_at": now, "rows": rows},
        )
    run = SendRun.objects.of(club).create(club=club, actor=owner, created_at=now)
    for journal, closed in ((world.sent, "sent"), (world.differing, "rejected")):
        delivery = Delivery.objects.of(club).create(
            club=club, journal=journal, run=run, sender=owner, reference=f"R{number}", narration="N",
            dated_on=journal.accounting_date, payload=b"", payload_hash="", queued_at=now, due_at=now, closed_at=now,
            closed_because=closed,
        )  # fmt: skip
        call = Call.objects.of(club).create(
            club=club, app=world.app, tenant_id="t", sender=owner, idempotency_key="k", body=b"", body_hash="",
            started_at=now, deadline_at=now,
        )  # fmt: skip
        CallItem.objects.create(call=call, delivery=delivery, position=0)


def _add_import(world: SimpleNamespace, number: int) -> None:
    club, owner = world.club, world.people["owner"]
    brought = Import.objects.of(club).create(club=club, actor=owner, state="done", finished_at=timezone.now())
    for of_import in (brought, world.imported):
        RefusedRow.objects.of(club).create(
            club=club, of_import=of_import, line_number=number, reason="Bad", fields={"amount": "x"}
        )
    Import.objects.of(club).filter(pk=world.imported.pk).update(rows_refused=number + 1)
    account = FinancialItem.objects.of(club).get(kind="account_type", code=f"OLD{number}")
    item = FinancialItem.objects.of(club).get(kind="charge", code=f"NEW{number}")
    for position, journal in enumerate((world.journal, world.sent)):
        made = SourceTransaction.objects.of(club).create(
            club=club, source="file", source_id=f"T-{number}-{position}", kind="invoice", legs_kind="invoice",
            accounting_date=journal.accounting_date, content_hash="0", gross_minor=110, of_import=brought,
            description="Of a member", document_date=date(2026, 9, 1),
        )  # fmt: skip
        SourceLine.objects.create(
            transaction=made, position=1, account_type=account, item=item, amount_minor=110, tax_minor=10
        )
        Posting.objects.create(transaction=made, journal=journal)
        JournalTotal.objects.create(
            journal=journal, item=item, is_debit=False, tax_kind="stated", amount_minor=110, tax_minor=10, row_count=1
        )
        JournalTotal.objects.create(
            journal=journal, item=account, is_debit=True, tax_kind="unstated", amount_minor=110, row_count=1
        )
    Journal.objects.of(club).filter(pk__in=[world.journal.pk, world.sent.pk]).update(
        debit_minor=110 * (number + 1), transaction_count=number + 1
    )


def queries_of(client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as caught:
        response = client.get(address)
    assert response.status_code == 200
    return [query["sql"] for query in caught.captured_queries]


def test_no_page_asks_more_than_15_times_or_more_often_for_more_rows(furnished):
    client = client_of(furnished, "owner")
    grow(furnished, 0, 2)
    asked = []
    for name in SHOWN:
        address = address_of(furnished, name)
        asked += [address, *(f"{address}?{query}" for query in questions_of(name))]
    few = {address: len(queries_of(client, address)) for address in asked}
    grow(furnished, 2, 3)
    for address in asked:
        many = queries_of(client, address)
        listed = "\n".join(sql[:300] for sql in many)
        assert len(many) <= few[address], f"{address} asks more often for more rows:\n{listed}"
        assert len(many) <= MOST, f"{address} asks {len(many)} times:\n{listed}"
