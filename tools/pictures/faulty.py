"""What else is pictured beside the full club: troubles, returns from Xero, a vendor's clubs, second steps.

Rows are written directly and nothing is asked of Xero: what stands there is for the pages alone.
"""

import hashlib
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from clubledger.changeover.models import Changeover
from clubledger.changeover.staff import create_key
from clubledger.cli.demo import vendor
from clubledger.clubs import api_keys
from clubledger.clubs.models import Club, Invitation, Membership, Role, User
from clubledger.delivery.models import BalanceProof, Delivery, Reading, RestoreHold, SendRun, Sighting
from clubledger.foundation import clock
from clubledger.ledger.intake import samples
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import GLCode, Import, JobCode, Journal, SourceTransaction
from clubledger.ledger.reports import balances
from clubledger.xero.models import Authorisation, AuthorisationRequest, Connection, TokenSet, XeroApp
from tools.pictures.club import chart, lines, totals
from tools.pictures.pages import MOVING, RETURNS

SECOND_STEP = "cora@banksiapark.example"
STAFF = "sam@vendor.example"
VIEWER = "viewer@banksiapark.example"
STATES = {2: "needs-help", 4: "valid", 9: "empty", 20: "recorded", 77: "sent"}
"""Days ago of the full club's journals in states worth a look."""
WORDS_OF_XERO = "Xero keeps 1,210.00 on account 210 where 1,100.00 was sent."


def furnish(*, tess: User, password: str, looks: list[str]) -> dict[str, Any]:
    """Write it all, and return what the addresses of the pages need: ids by name, and recovery codes by look."""
    found: dict[str, Any] = {}
    app = XeroApp.objects.get(client_id="picture")
    club = Club.objects.get(slug="banksia-park")
    found |= _plain(club)
    _sends(club, tess)
    _proofs(club, tess)
    found |= _people(club, tess, password, looks)
    found |= _troubles(_club("ironbark-creek", "Ironbark Creek Golf Club", tess, app), tess)
    samples.bring_sample(club=_club("sheoak", "Sheoak Tennis Club", tess, None), actor=tess)
    found |= _returns(_club("bluegum", "Bluegum Yacht Club", tess, None), club, tess, app, looks)
    staff = User.objects.create_user(STAFF, password, name="Sam Staff", is_staff=True)
    made = _Kit()
    vendor.make_vendor(staff=staff, kit=made, redirect_uri="http://localhost/xero/callback", scopes="-")
    for state in MOVING:
        row = Changeover.objects.across_clubs("pictures").filter(state=state).order_by("pk").first()
        assert row is not None
        Membership.objects.create(club=row.club, user=tess, role=Role.OWNER)
        found |= {f"{state}_slug": row.club.slug, f"{state}_id": row.pk}
    found["changeover"] = found["switched_id"]
    found["today"] = clock.today_in(club.time_zone).isoformat()
    found["prefix"] = create_key(actor=staff, name="Support desk")[0].prefix
    found["app"] = XeroApp.objects.get(client_id=vendor.NEW).pk
    return found


def _plain(club: Club) -> dict[str, Any]:
    """Return the examples of the full club: a row of each kind that addresses ask for, journals by their state."""
    today = clock.today_in(club.time_zone)
    imports = {one.state: one.pk for one in Import.objects.of(club)}
    found: dict[str, Any] = {
        "code": GLCode.objects.of(club).get(code="210").pk,
        "job": JobCode.objects.of(club).get(code="Golf").pk,
        "transaction": SourceTransaction.objects.of(club).order_by("pk")[0].pk,
        "import": imports["done"],
        "import_running": imports["running"],
        "import_refused": imports["refused"],
        "invitation_token": "picture",
    }
    for ago, name in ((1, "journal"), *((ago, f"full_journal_{state}") for ago, state in STATES.items())):
        found[name] = Journal.objects.of(club).get(accounting_date=today - timedelta(days=ago), sequence=1).pk
    return found


class _Kit:
    """Answers for the simulator as the vendor's furnishing asks it."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, path: str, _body: dict[str, Any]) -> Any:
        self.asked += 1
        if path == "users":
            return {"user_id": f"user-{self.asked}"}
        if path == "organisations":
            return {"organisations": [{"tenant_id": f"tenant-{self.asked}"}]}
        return {"access_token": "-", "refresh_token": "-", "expires_in": 1800, "scope": "-"}


def _club(slug: str, name: str, tess: User, app: XeroApp | None) -> Club:
    club = Club.objects.create(slug=slug, name=name)
    Membership.objects.create(club=club, user=tess, role=Role.OWNER)
    if app is not None:
        Connection.objects.of(club).create(
            club=club, app=app, tenant_id=slug, organisation_name=f"{name} Inc", base_currency="AUD",
            confirmed_at=clock.now(), organisation_read_at=clock.now(), short_code="!icgc",
            period_lock_date=clock.today_in(club.time_zone) - timedelta(days=40),
        )  # fmt: skip
    return club


def _proofs(club: Club, tess: User, off: str = "0.00") -> None:
    """Write a club's proved balances of its last day, by what they may be off, and a reading of Xero."""
    now, on = clock.now(), balances.last_day(club=club)
    rows = [
        ["BAR", "Bar accounts", "1240.50", "18307.95", "17102.35", "0.00", "2446.10", "0.00"],
        ["HOUSE", "House accounts", "-310.00", "4210.00", "3320.00", "450.00", "130.00", "0.00"],
        [
            "SUBS",
            "Subscriptions",
            "96400.00",
            str(Decimal("-12887.35") + Decimal(off)),
            "81220.40",
            "1100.00",
            "1192.25",
            "0.00",
        ],
    ]
    BalanceProof.objects.of(club).create(
        club=club, at=on, asked_by=tess, asked_at=now, begun_at=now, ended_at=now, made_at=now, rows=rows
    )
    Reading.objects.of(club).update_or_create(club=club, defaults={"tenant_id": club.slug, "read_at": now})


def _sends(club: Club, tess: User) -> None:
    """Write for the full club a history of what was sent by whom."""
    now = clock.now()
    sent = list(Journal.objects.of(club).filter(state="sent").order_by("-accounting_date")[:30])
    for start in reversed(range(0, len(sent), 6)):
        run_at = now - timedelta(days=start, hours=2)
        run = SendRun.objects.of(club).create(club=club, actor=tess, created_at=run_at, finished_at=run_at)
        for journal in sent[start : start + 6]:
            _delivery(journal, tess, run_at, run=run, closed_at=run_at, closed_because="sent", attempts=1)


def _delivery(journal: Journal, tess: User, at: datetime, **more: Any) -> Delivery:
    made: Delivery = Delivery.objects.of(journal.club).create(
        club=journal.club, journal=journal, sender=tess, reference=f"CL-{journal.pk}", narration="Clubledger",
        dated_on=journal.accounting_date, payload=b"{}", payload_hash="", queued_at=at, due_at=at, **more,
    )  # fmt: skip
    return made


def _people(club: Club, tess: User, password: str, looks: list[str]) -> dict[str, Any]:
    now, found = clock.now(), {}
    for token, role in (("picture", "accounts"), ("another", "viewer")):
        invitation = Invitation.objects.of(club).create(
            club=club, email=f"{token}@elsewhere.example", role=role, created_at=now, invited_by=tess, sent_at=now,
            token_hash=hashlib.sha256(token.encode()).hexdigest(), expires_at=now + timedelta(days=7),
        )  # fmt: skip
        found["invitation"] = invitation.pk
    found["key"] = api_keys.create(club=club, actor=tess, name="Membership system", may_import=True)[0].pk
    api_keys.create(club=club, actor=tess, name="Reporting", may_import=False)
    cora = User.objects.create_user(SECOND_STEP, password, name="Cora Ng")
    Membership.objects.create(club=club, user=cora, role=Role.ACCOUNTS)
    TOTP.activate(cora, generate_totp_secret())
    codes = RecoveryCodes.activate(cora).get_unused_codes()
    rita = User.objects.get(email=VIEWER)
    rita.set_password(password)
    rita.save()
    found["membership"] = Membership.objects.get(club=club, user__email="accounts@banksiapark.example").pk
    return found | {f"recovery-{look}": codes[place] for place, look in enumerate(looks)}


def _troubles(club: Club, tess: User) -> dict[str, Any]:
    """A club where much is wrong: journals in rarer states, alarms, a restored backup; its sender waits for Xero."""
    now, today = clock.now(), clock.today_in(club.time_zone)
    states: dict[str, dict[str, Any]] = {
        "differs": {"xero_words": WORDS_OF_XERO, "xero_journal_id": "d"},
        "uncertain": {},
        "sending": {},
        "voided": {"xero_journal_id": "v"},
        "rejected": {"xero_words": "Account code '230' has been archived, or deleted."},
        "queued": {"wait_reason": WaitReason.AUTHORISATION},
        "sent": {"xero_journal_id": "s"},
        "locked": {"state": "queued", "wait_reason": WaitReason.LOCK},
    }
    found: dict[str, Any] = {}
    items = chart(club, tess)
    run = SendRun.objects.of(club).create(club=club, actor=tess, created_at=now - timedelta(minutes=2))
    for place, (name, more) in enumerate(states.items()):
        fields = {"state": name, "number": f"J-{900 + place:06d}", "sent_by": tess, "sent_at": now} | more
        ago = 60 if name == "locked" else place + 1
        journal = Journal.objects.of(club).create(
            club=club, accounting_date=today - timedelta(days=ago), revision=1, transaction_count=40 + place,
            line_count=6, debit_minor=321_000 + 7_310 * place, **fields,
        )  # fmt: skip
        if name == "rejected":
            totals(journal, items, has_unmapped=False)
        else:
            lines(journal, items, off=0)
        is_closed = name in {"differs", "voided", "rejected", "sent"}
        _delivery(
            journal, tess, now - timedelta(hours=3), attempts=2, uncertain_until=now + timedelta(minutes=9),
            closed_at=now if is_closed else None, closed_because=name if is_closed else "",
            run=run if name in {"sending", "queued", "sent"} else None,
        )  # fmt: skip
        found[f"journal_{name}"] = journal.pk
    sighting = Sighting.objects.of(club).create(
        club=club, reference="CL-4711", kind="double", xero_journal_id="x", found={}, seen_at=now,
        journal_id=found["journal_sent"],
    )  # fmt: skip
    _proofs(club, tess, off="3.20")
    BalanceProof.objects.of(club).create(
        club=club, at=date(2026, 7, 31), asked_by=tess, asked_at=now + timedelta(hours=2)
    )
    RestoreHold.objects.of(club).create(club=club, backup_taken_at=now - timedelta(hours=9), restored_at=now)
    app = XeroApp.objects.get(client_id="picture")
    _asked(club, tess, app, "waiting", created_at=now - timedelta(minutes=4))
    return found | {"sighting": sighting.pk}


def _asked(club: Club, tess: User, app: XeroApp, state: str, **more: Any) -> AuthorisationRequest:
    made: AuthorisationRequest = AuthorisationRequest.objects.of(club).create(
        club=club, user=tess, app=app, state_hash=hashlib.sha256(state.encode()).hexdigest(), nonce="-",
        redirect_uri="http://localhost/xero/callback", **more,
    )  # fmt: skip
    return made


def _returns(club: Club, bound: Club, tess: User, app: XeroApp, looks: list[str]) -> dict[str, Any]:
    """Write requests that Xero answers badly: each is used once, so each look has its own."""
    now, found = clock.now(), {}
    later = now + timedelta(hours=2)
    tokens = TokenSet.objects.create(
        app=app, xero_user_id="tess", access_token="-", access_expires_at=later, refreshed_at=now,  # noqa: S106
    )  # fmt: skip
    # Somebody else's authorisation stands, and the person's own has ended.
    nora = User.objects.get(email="administrator@banksiapark.example")
    Authorisation.objects.of(bound).create(
        user=nora, club=bound, app=app, token_set=tokens, tenant_id="picture", authorised_at=now,
        organisation_name="Banksia Park Golf Club Inc",
    )  # fmt: skip
    for look in looks:
        for name in RETURNS:
            # Later than now, so that the ten minutes of a request last for as long as pictures are taken.
            at = now - timedelta(hours=1) if name == "expired" else later
            used_at = now if name == "replayed" else None
            _asked(club, tess, app, f"{name}-{look}", created_at=at, used_at=used_at)
    one = {"connection_id": "", "created_at": ""}
    other = [one | {"tenant_id": "other", "name": "Banksia Park Bistro Pty Ltd"}]
    taken = [one | {"tenant_id": "picture", "name": "Banksia Park Golf Club Inc"}]
    for name, at_club, choices, outcome in (
        ("confirm", club, other, "confirm"), ("choose", club, other + taken, "choose"),
        ("wrong", bound, other, "confirm"), ("taken", club, taken, "confirm"),
    ):  # fmt: skip
        for look in looks:
            request = _asked(
                at_club, tess, app, f"{name}-{look}", created_at=now, used_at=now, outcome=outcome, choices=choices,
                token_set=tokens,
            )  # fmt: skip
            found[f"request_{name}-{look}"] = request.pk
            if name == "confirm":
                found[f"request-{look}"] = request.pk
    return found
