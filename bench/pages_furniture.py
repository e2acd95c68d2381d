"""What stands around the transactions of the measured world: people, chart, mapping, Xero, alarms, an audit trail."""

from datetime import timedelta
from typing import Any

from bench import pages_size
from bench.pages_size import AT


def make_club() -> tuple[Any, Any]:
    """Make the club with its people, its connection, its chart and its mapping; returns the club and its owner."""
    from clubledger.clubs.models import Club, Membership, User

    club = Club.objects.create(slug=pages_size.SLUG, name="Banksia Park Golf Club")
    owner = User.objects.create_user(pages_size.OWNER, name="Olive Owner")
    Membership.objects.create(club=club, user=owner, role="owner")
    roles = ("administrator", "accounts", "viewer", "owner")
    for number in range(pages_size.PEOPLE):
        person = User.objects.create_user(f"person{number}@banksiapark.example", name=f"Person {number:02d} Longname")
        Membership.objects.create(club=club, user=person, role=roles[number % 4], is_active=number % 7 != 0)
    _connect(club)
    _map(club)
    return club, owner


def _connect(club: Any) -> None:
    from clubledger.clubs.models import User
    from clubledger.xero.models import Authorisation, Connection, TokenSet, XeroApp

    app = XeroApp.objects.create(name="Old app", client_id="old", redirect_uri="http://localhost/xero/callback")
    Connection.objects.of(club).create(
        club=club, app=app, tenant_id="t", organisation_name="Banksia Park Inc", country_code="AU",
        base_currency="AUD", sales_tax_basis="ACCRUALS", pays_tax=True, organisation_read_at=AT, confirmed_at=AT,
    )  # fmt: skip
    for user in User.objects.order_by("pk"):
        tokens = TokenSet.objects.create(
            app=app, xero_user_id=f"u{user.pk}", access_token="a", refresh_token="r", access_expires_at=AT,
            refreshed_at=AT,
        )  # fmt: skip
        Authorisation.objects.of(club).create(
            user=user, club=club, app=app, token_set=tokens, tenant_id="t", organisation_name="Banksia Park Inc",
            connection_id=f"c{user.pk}", authorised_at=AT,
        )  # fmt: skip


def _map(club: Any) -> None:
    from clubledger.ledger.models import FinancialItem, GLCode, JobCode, TaxCode

    classes = (("REVENUE", "REVENUE"), ("CURRENT", "ASSET"), ("EXPENSE", "EXPENSE"), ("BANK", "ASSET"))
    codes = GLCode.objects.of(club).bulk_create(
        GLCode(
            club=club, code=f"{200 + number}", name=f"Income and other things {number}", account_id=f"a{number}",
            account_type=classes[number % 4][0], account_class=classes[number % 4][1], default_tax_type="OUTPUT",
            status="ARCHIVED" if number % 50 == 7 else "ACTIVE", retrieved_at=AT,
        )
        for number in range(pages_size.GL_CODES)
    )  # fmt: skip
    JobCode.objects.of(club).bulk_create(
        JobCode(
            club=club, code=name, name=name, category_id="cat", category_name="Department", option_id=f"o{number}",
            option_name=name, retrieved_at=AT,
        )
        for number, name in enumerate(pages_size.JOB_NAMES)
    )  # fmt: skip
    TaxCode.objects.of(club).bulk_create(
        TaxCode(
            club=club, tax_type=name, name=f"GST and the like, {name.lower()}", rate=10 if "EX" not in name else 0,
            status="ACTIVE", applies_to=["REVENUE", "EXPENSE"], retrieved_at=AT,
        )
        for name in ("OUTPUT", "EXEMPTOUTPUT", "INPUT", "EXEMPTEXPENSES", "BASEXCLUDED", "GSTONIMPORTS",
                     "CAPEXINPUT", "EXEMPTCAPITAL", "INPUTTAXED", "ZEROEXP")
    )  # fmt: skip
    revenue, asset = codes[0:200:4], codes[1:200:4]
    items = [
        FinancialItem(club=club, kind="charge", code=f"C{number:03d}", name=f"Charge for something, number {number}",
                      gl_code=revenue[number % len(revenue)], tax_type="OUTPUT", untaxed_tax_type="EXEMPTOUTPUT")
        for number in range(pages_size.CHARGES)
    ] + [
        FinancialItem(club=club, kind="charge", code=f"NEW{number:02d}", name=f"Income things {number}")
        for number in range(pages_size.NEW_CHARGES)
    ]  # fmt: skip
    items.append(FinancialItem(club=club, kind="charge", code="POSCLR", gl_code=asset[40], tax_type="BASEXCLUDED"))
    for kind, names, first in (
        ("account_type", pages_size.ACCOUNT_TYPES, 0),
        ("payment_method", pages_size.METHODS, 20),
    ):
        items += [
            FinancialItem(club=club, kind=kind, code=code, name=code.title(), gl_code=asset[first + place])
            for place, code in enumerate(names)
        ]
    FinancialItem.objects.of(club).bulk_create(items)


def sent_journals(club: Any, owner: Any, found: list[Any]) -> None:
    """Make journals sent in one run and one call."""
    from clubledger.delivery.models import Call, CallItem, Delivery, SendRun
    from clubledger.ledger.models import Journal
    from clubledger.xero.models import XeroApp

    run = SendRun.objects.of(club).create(club=club, actor=owner, created_at=AT, finished_at=AT)
    call = Call.objects.of(club).create(
        club=club, app=XeroApp.objects.get(), tenant_id="t", sender=owner, idempotency_key="k", body=b"", body_hash="",
        started_at=AT, deadline_at=AT, finished_at=AT, http_status=200, correlation_id="corr", outcome="accepted",
    )  # fmt: skip
    for number, journal in enumerate(found):
        Journal.objects.of(club).filter(pk=journal.pk).update(
            state="sent", number=f"J-{number + 1:06d}", sent_at=AT, sent_by=owner, xero_journal_id=f"x{journal.pk}"
        )
        delivery = Delivery.objects.of(club).create(
            club=club, journal=journal, run=run, sender=owner, reference=f"CL-{journal.pk}", narration="Day",
            dated_on=journal.accounting_date, payload=b"", payload_hash="", queued_at=AT, due_at=AT, closed_at=AT,
            closed_because="sent", attempts=1,
        )  # fmt: skip
        CallItem.objects.create(call=call, delivery=delivery, position=number, outcome="accepted")


def furnish(club: Any, owner: Any) -> None:
    """Add what is rarer: journals in every state, a run under way, alarms, a restore, a changeover, the audit trail."""
    _states(club, owner)
    _alarms(club, owner)
    _changeover(club, owner)
    _people(club, owner)
    _audit_trail(club, owner)


def _states(club: Any, owner: Any) -> None:
    from clubledger.delivery.models import Delivery, SendRun
    from clubledger.ledger.journals import lines
    from clubledger.ledger.journals.states import WaitReason
    from clubledger.ledger.models import Journal

    valid = list(Journal.objects.of(club).filter(state="valid").order_by("accounting_date"))
    run = SendRun.objects.of(club).create(club=club, actor=owner, created_at=AT)
    queued = valid[:60]
    resolved = lines.resolve(club=club, journals=queued)
    for journal in queued:
        lines.freeze(journal=journal, resolution=resolved[journal.pk])
        Delivery.objects.of(club).create(
            club=club, journal=journal, run=run, sender=owner, reference=f"CL-Q{journal.pk}", narration="Day",
            dated_on=journal.accounting_date, payload=b"", payload_hash="", queued_at=AT, due_at=AT,
        )  # fmt: skip
    Journal.objects.of(club).filter(pk__in=[one.pk for one in queued]).update(
        state="queued", wait_reason=WaitReason.AUTHORISATION, wait_until=AT + timedelta(hours=1)
    )
    later = valid[60:200]
    for state, count, more in (
        ("rejected", 40, {"xero_words": "Account code '200' is not a valid code for this document."}),
        ("uncertain", 10, {}),
        ("differs", 10, {"xero_words": "Line 3: 10.00 here, 10.01 in Xero.", "number": ""}),
        ("recorded", 30, {"recorded_by": owner, "recorded_at": AT, "recorded_reason": "By hand, in June"}),
    ):
        part, later = later[:count], later[count:]
        Journal.objects.of(club).filter(pk__in=[one.pk for one in part]).update(state=state, **more)
    for days in range(20):
        on = pages_size.LAST_ON + timedelta(days=days + 1)
        Journal.objects.of(club).create(club=club, accounting_date=on, revision=1)


def _alarms(club: Any, owner: Any) -> None:
    from clubledger.delivery.models import NightlySending, RestoreHold, Sighting
    from clubledger.xero.models import AuthorisationRequest, XeroApp

    for number in range(30):
        Sighting.objects.of(club).create(
            club=club, reference=f"CL-{number}", kind=("unknown", "double", "changed")[number % 3],
            xero_journal_id=f"s{number}", found={}, seen_at=AT,
        )  # fmt: skip
    RestoreHold.objects.of(club).create(club=club, backup_taken_at=AT - timedelta(days=1), restored_at=AT)
    NightlySending.objects.of(club).create(club=club, user=owner, at="02:30", is_on=True)
    AuthorisationRequest.objects.of(club).create(
        club=club, user=owner, app=XeroApp.objects.get(), state_hash="h", nonce="n", created_at=AT, outcome="confirm",
        choices=[{"tenant_id": f"t{number}", "name": f"Organisation {number}"} for number in range(20)],
    )  # fmt: skip


def _changeover(club: Any, owner: Any) -> None:
    from clubledger.changeover.models import Changeover, Step, Traveller
    from clubledger.clubs.models import User
    from clubledger.xero.models import XeroApp

    old = XeroApp.objects.get()
    new = XeroApp.objects.create(name="New app", client_id="new", redirect_uri="http://localhost/xero/callback")
    row = Changeover.objects.of(club).create(
        club=club, from_app=old, to_app=new, state="switched", moved_at=AT, planned_by=owner, planned_at=AT,
        announced_at=AT, switched_at=AT, verified_at=AT, people_total=pages_size.PEOPLE, people_done=10,
    )  # fmt: skip
    for user in User.objects.order_by("pk"):
        Traveller.objects.of(club).create(club=club, changeover=row, user=user)
    for number in range(30):
        Step.objects.of(club).create(
            club=club, changeover=row, at=AT, actor=owner, name="paused", words=f"Step {number}, in words."
        )


def _people(club: Any, owner: Any) -> None:
    from clubledger.clubs import api_keys
    from clubledger.clubs.models import Invitation

    for number in range(15):
        Invitation.objects.of(club).create(
            club=club, email=f"new{number}@elsewhere.example", role="viewer", token_hash=f"{number}", created_at=AT,
            invited_by=owner, sent_at=AT, expires_at=AT + timedelta(days=3650),
        )  # fmt: skip
        api_keys.create(club=club, actor=owner, name=f"System {number}", may_import=False)


def _audit_trail(club: Any, owner: Any) -> None:
    """Add events as years make them. Their hashes are not a chain's: no page reads them, and no time is spent here."""
    from clubledger.clubs.models import AuditChain, AuditEvent

    chain = AuditChain.objects.get(club=club)
    kinds = ("journal.queued", "journal.sent", "import.done", "mapping.changed", "sign_in.done", "people.invited")
    AuditEvent.objects.of(club).bulk_create(
        (
            AuditEvent(
                club=club, position=chain.length + number,
                at=AT - timedelta(minutes=5 * (pages_size.AUDIT_EVENTS - number)),
                user=owner if number % 3 else None, actor_name="Olive Owner" if number % 3 else "Clubledger",
                action=kinds[number % 6], subject=f"journal {number % 5000}", previous_hash="0" * 64, hash="0" * 64,
                summary=f"Something was done with journal {number % 5000}, the {number}th time",
                before={"state": "valid", "number": ""}, after={"state": "queued", "number": f"J-{number:06d}"},
            )
            for number in range(1, pages_size.AUDIT_EVENTS + 1)
        ),
        batch_size=2000,
    )  # fmt: skip
    AuditChain.objects.filter(pk=chain.pk).update(length=chain.length + pages_size.AUDIT_EVENTS)
