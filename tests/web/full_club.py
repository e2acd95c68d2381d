"""A club with a few of everything, and somebody of the vendor: what lists are looked at with."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from clubledger.changeover.models import Changeover, StaffKey, Wave
from clubledger.changeover.staff import create_key, revoke_key
from clubledger.clubs import api_keys, invitations
from clubledger.clubs.models import ApiKey, Club, Invitation, Membership, Role, User
from clubledger.delivery.models import BalanceProof, Delivery, SendRun
from clubledger.ledger.models import (
    FinancialItem,
    GLCode,
    Import,
    JobCode,
    Journal,
    JournalLine,
    JournalTotal,
    Posting,
    RefusedRow,
    SourceLine,
    SourceTransaction,
    TaxCode,
)
from clubledger.xero.models import Authorisation, Connection, TokenSet, XeroApp
from tests.fixtures_clubs import add_member, make_club, make_user


@pytest.fixture
def full(club, owner):
    """A club with a few of everything, some of it without what lists show of the others."""
    app = XeroApp.objects.create(name="App", client_id="id", redirect_uri="http://localhost/xero/callback", scopes="")
    Connection.objects.of(club).create(club=club, app=app, tenant_id="t", organisation_name="Banksia Inc")
    TaxCode.objects.of(club).create(club=club, tax_type="OUTPUT", name="GST on Income", rate=10, status="ACTIVE")
    BalanceProof.objects.of(club).create(
        club=club, at=date(2026, 7, 31), asked_by=owner, asked_at=timezone.now(), ended_at=timezone.now(),
        made_at=timezone.now(), rows=[
            ["AC2", "bar", "0.00", "-7.00", "-9.00", "2.00", "0.00", "0.00"],
            ["AC10", "", "12.00", "1.00", "3.00", "10.00", "0.00", "0.00"],
            ["AC3", "Course", "-30.50", "100.00", "0.00", "9.50", "30.00", "-0.50"],
        ],
    )  # fmt: skip
    for number, name in enumerate(("ada", "Bob", "Cy")):
        _people(club, owner, number, name)
        _authorised(club, app, number, User.objects.get(name=name))
        _codes(club, number)
        _books(club, number, User.objects.get(name=name))
        _gst(club, number)
        _lines(club, number)
        other = make_club(f"other-{number}", ("wattle", "Acacia", "Grevillea")[number])
        Membership.objects.create(club=other, user=owner, role=(Role.VIEWER, Role.OWNER, Role.ACCOUNTS)[number])
        if number:
            Connection.objects.of(other).create(
                club=other, app=app, tenant_id=f"t{number}", organisation_name=f"{'aB'[number - 1]} Inc"
            )
            Journal.objects.of(other).create(club=other, accounting_date=date(2026, 9, number), debit_minor=100)
    return club


def _people(club, owner, number, name):
    now, role = timezone.now(), (Role.VIEWER, Role.ACCOUNTS, Role.OWNER)[number]
    person = add_member(club, role, f"{name}@banksiapark.example".lower())
    seen = None if name == "Bob" else now - timedelta(days=number)
    User.objects.filter(pk=person.pk).update(name=name, last_login=seen)
    Membership.objects.filter(user=person).update(is_active=name != "Cy")
    email = f"{9 - number}@elsewhere.example"
    invitations.invite(club=club, actor=owner, email=email, role=role)
    Invitation.objects.of(club).filter(email=email).update(
        expires_at=now + timedelta(days=number), sent_at=None if number else now, invited_by=person
    )
    made, _secret = api_keys.create(club=club, actor=owner, name=f"Key {'bca'[number]}", may_import=number == 1)
    ApiKey.objects.of(club).filter(pk=made.pk).update(
        last_used_at=None if number == 2 else now - timedelta(hours=number),
        revoked_at=None if number else now,
        acts_for=owner if number else person,
    )


def _authorised(club, app, number, person):
    now = timezone.now()
    tokens = TokenSet.objects.create(
        app=app, xero_user_id=f"u{number}", access_token="a", refresh_token="r", access_expires_at=now, refreshed_at=now
    )
    Authorisation.objects.of(club).create(
        user=person, club=club, app=app, token_set=tokens, tenant_id="t", organisation_name=f"{'bAc'[number]} Inc",
        authorised_at=now - timedelta(days=3 - number), last_sent_at=None if number == 1 else now,
        ended_at=now if number == 2 else None, ended_because="expired" if number == 2 else "",
    )  # fmt: skip


def _codes(club, number):
    code = GLCode.objects.of(club).create(
        club=club, code=f"{202 - number}", name=("fees", "Bar", "Carts")[number], account_type="REVENUE",
        status=("ACTIVE", "ARCHIVED", "GONE")[number], account_id=f"a{number}",
    )  # fmt: skip
    job = JobCode.objects.of(club).create(
        club=club, code=f"Job {number}", option_id="" if number == 2 else f"o{number}",
        category_name=("Department", "", "area")[number], option_name=("Golf", "", "Bar")[number],
    )  # fmt: skip
    for kind, mark in (("account_type", "AC"), ("payment_method", "PM")):
        FinancialItem.objects.of(club).create(
            club=club, kind=kind, code=f"{mark}{(number + 1) % 3}", gl_code=None if number == 1 else code
        )
    for place in range(number + 1):
        FinancialItem.objects.of(club).create(
            club=club, kind="charge", code=f"CH{number}{place}", gl_code=None if place else code,
            default_job=None if place else job, tax_type=("", "OUTPUT", "INPUT")[number],
        )  # fmt: skip


def _books(club, number, person):
    now = timezone.now()
    Import.objects.of(club).create(
        club=club, actor=person, file_name=f"{'bCa'[number]}.csv", state=("undone", "done", "done")[number],
        transactions_new=number, transactions_already_there=5 - number, transactions_corrected=number % 2,
        transactions_refused=(4, 9, 7)[number], finished_at=now,
    )  # fmt: skip
    first = Import.objects.of(club).order_by("pk").first()
    Import.objects.of(club).filter(pk=first.pk).update(rows_refused=number + 1)
    RefusedRow.objects.of(club).create(
        club=club, of_import=first, line_number=9 - number, source_id=f"R-{(number + 1) % 3}", reason="bAd"[number],
        column=("kind", "", "Amount")[number], fields={},
    )  # fmt: skip
    transaction = SourceTransaction.objects.of(club).create(
        club=club, source="file", source_id=f"T-{(3 - number) % 3}", kind=("payment", "invoice", "refund")[number],
        legs_kind="invoice", accounting_date=date(2026, 11, 9) - timedelta(days=number % 2), content_hash="0",
        member=("ada", "", "Bob")[number], gross_minor=(500, 30, 4_000)[number], of_import=first,
    )  # fmt: skip
    run = SendRun.objects.of(club).create(club=club, actor=person, created_at=now)
    item = FinancialItem.objects.of(club).get(code=f"CH{number}0")
    journal = Journal.objects.of(club).create(
        club=club, accounting_date=timezone.localdate() - timedelta(days=7 * number), debit_minor=(10, 9, 30)[number],
        number=("J-2", "", "J-1")[number], state=("open", "rejected", "valid")[number], sequence=1,
        transaction_count=5 - number, line_count=number % 2, xero_words="Cause d" if number == 1 else "",
    )  # fmt: skip
    Posting.objects.create(transaction=transaction, journal=journal)
    if number < 2:
        JournalTotal.objects.create(
            journal=journal, item=item, is_debit=bool(number), tax_kind="nil", amount_minor=700 * (number + 1),
            row_count=1, job=f"Job {number}",
        )  # fmt: skip
        Delivery.objects.of(club).create(
            club=club, journal=journal, run=run, sender=person, reference=f"R{number}", narration="N",
            dated_on=journal.accounting_date, payload=b"", payload_hash="", queued_at=now, due_at=now, closed_at=now,
            closed_because=("sent", "rejected")[number],
        )  # fmt: skip


def _gst(club, number):
    tax_type = ("OUTPUT", "EXEMPTOUTPUT", "INPUT")[number]
    made = Journal.objects.of(club).create(
        club=club, accounting_date=date(2026, 8, 9 - number), number=f"J-9{(number + 1) % 3}", state="sent"
    )
    JournalLine.objects.create(
        journal=made, position=1, gl_code=GLCode.objects.of(club).get(code="202"), account_code="202",
        account_name="Fees", tax_type=tax_type, amount_minor=(-1_100, -990, 440)[number],
        source_tax_minor=(-100, -110, 40)[number], xero_tax_minor=(-109, -108, 45)[number], row_count=1,
    )  # fmt: skip
    document = SourceTransaction.objects.of(club).create(
        club=club, source="file", source_id=f"D-{(number + 2) % 3}", kind="invoice", legs_kind="invoice",
        accounting_date=made.accounting_date, document_date=date(2026, 6, 1 + number), content_hash="0",
        member=("", "Bob", "ada")[number], gross_minor=100,
    )  # fmt: skip
    item = FinancialItem.objects.of(club).get(code=f"CH{number}0")
    SourceLine.objects.create(
        transaction=document, position=1, account_type=item, item=item, amount_minor=100,
        tax_minor=(9, None, 7)[number],
    )  # fmt: skip


def _lines(club, number):
    journal, _made = Journal.objects.of(club).get_or_create(
        club=club, accounting_date=date(2026, 3, 2), number="J-50", state="sent"
    )
    JournalLine.objects.create(
        journal=journal, position=1 + number, gl_code=GLCode.objects.of(club).get(code=f"{202 - number}"),
        account_code=("200", "300", "100")[number], account_name="Fees", tax_type=("INPUT", "", "OUTPUT")[number],
        amount_minor=(-1_100, 700, 400)[number], row_count=5 - number,
        job_code=JobCode.objects.of(club).get(code="Job 0") if number else None,
    )  # fmt: skip


@pytest.fixture
def staff(full):
    """Somebody of the vendor, and what the console lists."""
    one = make_user("staff@vendor.example", "Sam Staff", is_staff=True)
    for number, tier in enumerate(("core", "enterprise", "starter")):
        app = XeroApp.objects.create(
            name=f"App {'bAc'[number]}", client_id=f"id{number}", redirect_uri="http://localhost/xero/callback",
            scopes="", tier=tier, is_certified=number == 1, status="retired" if number == 2 else "active",
        )  # fmt: skip
        moving = Club.objects.get(slug=f"other-{number}")
        wave = Wave.objects.create(name=f"Wave {'bAc'[number]}", to_app=app, planned_by=one, planned_at=timezone.now())
        Changeover.objects.of(moving).create(
            club=moving, wave=wave, to_app=app, state=("switched", "planned", "announced")[number], planned_by=one,
            planned_at=timezone.now(), moved_at=timezone.now() - timedelta(hours=number), people_total=3,
            people_done=(2, 0, 1)[number], switch_at=None if number == 2 else timezone.now() + timedelta(days=number),
        )  # fmt: skip
        made, _secret = create_key(actor=one, name=f"Desk {'bAc'[number]}")
        StaffKey.objects.filter(pk=made.pk).update(last_used_at=None if number else timezone.now())
        for place in range(number + 1):
            Journal.objects.of(moving).create(
                club=moving, accounting_date=date(2026, 5, 1), sequence=place + 1, debit_minor=5,
                state=("rejected", "differs", "rejected")[number], xero_words=f"Cause {'bAc'[number]}",
            )  # fmt: skip
    revoke_key(actor=one, prefix=made.prefix)
    return one
