"""A vendor with forty clubs in every state of a changeover, so that each page of the console has something to show.

The clubs and their organisations are made up; their connections at the simulator are real, so that what Clubledger asks
of itself every minute finds what the pages say. Rows are written directly, dated back: no club waits for its history.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from clubledger.bookkeeping.phrases import phrase, plain_of
from clubledger.changeover.models import Changeover, Notice, State, Step, Traveller, Wave
from clubledger.clubs.models import Club, Membership, Role, User
from clubledger.delivery.models import Call, Delivery
from clubledger.foundation import clock
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import FinancialItem, Journal
from clubledger.xero.models import Authorisation, Connection, TokenSet, XeroApp

Kit = Callable[[str, dict[str, Any]], Any]
"""Asks the simulator's kit: a path under `/_sim/` and a body, by POST; gives its answer."""

OLD, NEW = "clubledger-v2", "clubledger-v3"
XERO_USERS = ("pat@ledgerpartners.example", "kim@ledgerpartners.example")
NAMES = (
    "Acacia Ridge", "Bellbird Park", "Boronia Heights", "Brolga Plains", "Bunya Creek", "Callistemon", "Cassia Valley",
    "Cedar Bay", "Coolibah", "Corella Springs", "Currawong", "Darwinia", "Eucla Dunes", "Fern Gully", "Galah Flats",
    "Grevillea", "Hakea Hills", "Honeyeater Lakes", "Jacaranda", "Jarrah Grove", "Karri Vale", "Kingfisher Bay",
    "Kurrajong", "Lorikeet Links", "Magpie Moor", "Mallee", "Mulga Downs", "Myall Lakes", "Nardoo", "Paperbark",
    "Pelican Point", "Quandong", "Rosella", "Sandalwood", "Silky Oak", "Spinifex", "Tamarisk", "Tea Tree Gully",
    "Waratah", "Yellow Gum",
)  # fmt: skip
KINDS = ("Golf Club", "Bowling Club", "Tennis Club", "Yacht Club", "Country Club")
ZONES = ("Australia/Sydney", "Australia/Brisbane", "Australia/Perth", "Australia/Adelaide", "Pacific/Auckland")


@dataclass(frozen=True)
class Kind:
    """Clubs that stand alike: state, how many, hours since they came there, and facts of their connections."""

    state: str
    clubs: int
    hours: int = 0
    switched_hours: int = 0
    old_stands: bool = True
    done: int = 0
    trouble: str = ""
    disconnects_itself: bool = False


KINDS_OF_CLUBS = (
    Kind(State.PLANNED, 4, hours=50),
    Kind(State.ANNOUNCED, 9, hours=30),
    Kind(State.SWITCHED, 3, hours=5, switched_hours=5),
    Kind(State.SWITCHED, 2, hours=75, switched_hours=75),
    Kind(State.DISCONNECTED, 3, hours=20, switched_hours=27, old_stands=False),
    Kind(State.DISCONNECTED, 1, hours=90, switched_hours=97, old_stands=False),
    Kind(State.REAUTHORISING, 5, hours=9, switched_hours=50, old_stands=False, done=1),
    Kind(State.VERIFIED, 3, hours=14, switched_hours=51, done=2),
    Kind(State.DONE, 7, hours=28, switched_hours=52, old_stands=False, done=2),
    Kind(State.PAUSED, 2, hours=40),
    Kind(State.ROLLED_BACK, 1, hours=45, switched_hours=52),
)
"""Forty clubs: how many in each state."""

WORDS = {
    State.PLANNED: "Planned the move to Clubledger V3.",
    State.ANNOUNCED: "Told the club.",
    State.SWITCHED: "Switched to Clubledger V3.",
    State.DISCONNECTED: "Old app disconnected",
    State.REAUTHORISING: "Re-authorising",
    State.VERIFIED: "Verified",
    State.DONE: "Done",
    State.PAUSED: "Paused. Their auditor is in the house until Friday.",
    State.ROLLED_BACK: "Rolled back to Clubledger V2. Their Xero administrator is on leave.",
}


@dataclass(frozen=True)
class _AtXero:
    """What was made at the simulator: tenant ids by name; by client id and place of the login, its tokens."""

    tenants: dict[str, str]
    tokens: dict[tuple[str, int], dict[str, Any]]


def make_vendor(*, staff: User, kit: Kit, redirect_uri: str, scopes: str) -> int:
    """Make the vendor's forty clubs, if they are not there yet. Returns how many were made."""
    if Wave.objects.exists() or Club.objects.filter(slug=_slug(0)).exists():
        return 0
    kinds = [kind for kind in KINDS_OF_CLUBS for _club in range(kind.clubs)]
    at_xero = _connect(kit, kinds)
    with transaction.atomic():
        return _write(staff, kinds, at_xero, [_app(client_id, redirect_uri, scopes) for client_id in (OLD, NEW)])


def _write(staff: User, kinds: list[Kind], at_xero: _AtXero, apps: list[XeroApp]) -> int:
    old, new = apps
    clubs = Club.objects.bulk_create(
        Club(slug=_slug(place), name=_name(place), time_zone=ZONES[place % len(ZONES)]) for place in range(len(NAMES))
    )
    people = _people(clubs)
    before = {State.PLANNED, State.ANNOUNCED, State.PAUSED, State.ROLLED_BACK}
    Connection.objects.across_clubs("made up").bulk_create(
        Connection(
            club=club,
            app=old if kind.state in before else new,
            tenant_id=at_xero.tenants[club.name],
            organisation_name=club.name,
            confirmed_at=clock.now() - timedelta(days=300),
        )
        for club, kind in zip(clubs, kinds, strict=True)
    )
    moved = _changeovers(staff, clubs, kinds, apps)
    for app in apps:
        _authorisations(app, clubs, kinds, people, at_xero)
    _travellers(moved, kinds, people)
    _tell(staff, moved, people)
    _journals(clubs, kinds)
    _deliveries(clubs, kinds, people, apps)
    return len(clubs)


def _name(place: int) -> str:
    return f"{NAMES[place]} {KINDS[place % len(KINDS)]}"


def _slug(place: int) -> str:
    return NAMES[place].lower().replace(" ", "-")


def _app(client_id: str, redirect_uri: str, scopes: str) -> XeroApp:
    version = client_id.rpartition("-")[2].upper()
    is_new = client_id == NEW
    app, _made = XeroApp.objects.get_or_create(
        client_id=client_id,
        defaults={
            "client_secret": f"{client_id}-secret",
            "redirect_uri": redirect_uri,
            "scopes": scopes,
        },
    )
    app.name, app.version = "Clubledger", version
    app.is_certified, app.tier = is_new, "plus" if is_new else "core"
    app.save()
    return app


def _people(clubs: Iterable[Club]) -> dict[int, list[User]]:
    """Make for each club an Owner who sends too, and a treasurer; nobody signs in as them."""
    unusable = make_password(None)
    rows = [
        User(email=f"{who}@{club.slug}.example", name=f"{name} of {club.name.split()[0]}", password=unusable)
        for club in clubs
        for who, name in (("owner", "Olive"), ("treasurer", "Theo"))
    ]
    users = User.objects.bulk_create(rows)
    by_club = {club.pk: users[2 * place : 2 * place + 2] for place, club in enumerate(clubs)}
    Membership.objects.bulk_create(
        Membership(club_id=club_id, user=user, role=role)
        for club_id, pair in by_club.items()
        for user, role in zip(pair, (Role.OWNER, Role.ACCOUNTS), strict=True)
    )
    return by_club


def _connect(kit: Kit, kinds: list[Kind]) -> _AtXero:
    """Make the organisations at the simulator and connect them: one token set for each Xero login and app."""
    user_ids = []
    for login in XERO_USERS:
        given = login.partition("@")[0].title()
        made = kit("users", {"email": login, "password": "demo", "given_name": given, "family_name": "Partner"})
        user_ids.append(made["user_id"])
    members = dict.fromkeys(XERO_USERS, "ADVISER")
    tenants = {}
    for place in range(len(NAMES)):
        made = kit("organisations", {"name": _name(place), "seed": "au_club", "members": members})
        tenants[_name(place)] = made["organisations"][0]["tenant_id"]
    tokens = {}
    for client_id in (OLD, NEW):
        for place, login in enumerate(XERO_USERS):
            stand = [at for at, kind in enumerate(kinds) if place in _connected(kind, is_old=client_id == OLD)]
            asked = {"user": login, "app": client_id, "organisations": [_name(at) for at in stand]}
            tokens[client_id, place] = kit("connect", asked) | {"user_id": user_ids[place]}
    return _AtXero(tenants, tokens)


def _connected(kind: Kind, *, is_old: bool) -> range:
    """Return which of the two people have a connection that stands: of the old app one, where it still stands."""
    if is_old:
        return range(1) if kind.old_stands else range(0)
    return range(kind.done)


def _changeovers(staff: User, clubs: list[Club], kinds: list[Kind], apps: list[XeroApp]) -> list[Changeover]:
    (old, new), now = apps, clock.now()
    planned_at = now - timedelta(hours=100)
    waves = [
        Wave.objects.create(name=name, to_app=new, planned_by=staff, planned_at=planned_at)
        for name in ("First clubs", "Rest of the country")
    ]
    rows = []
    for place, (club, kind) in enumerate(zip(clubs, kinds, strict=True)):
        switched_at = now - timedelta(hours=kind.switched_hours) if kind.switched_hours else None
        moved_at = now - timedelta(hours=kind.hours)
        ahead = (now + timedelta(days=3 + place % 4)).replace(minute=0, second=0, microsecond=0)
        is_seen_off = switched_at is not None and not kind.old_stands
        row = Changeover(
            club=club,
            wave=waves[0 if switched_at else 1],
            from_app=old,
            to_app=new,
            state=kind.state,
            paused_in=State.ANNOUNCED if kind.state == State.PAUSED else "",
            moved_at=moved_at,
            switch_at=switched_at or ahead,
            contact="help@vendor.example, 1800 555 019",
            planned_by=staff,
            planned_at=planned_at,
            announced_at=None if kind.state == State.PLANNED else planned_at + timedelta(hours=1),
            switched_at=switched_at,
            disconnected_at=switched_at + timedelta(hours=4) if switched_at and is_seen_off else None,
            verified_at=moved_at if kind.state in {State.VERIFIED, State.DONE} else None,
            ended_at=moved_at if kind.state in {State.DONE, State.ROLLED_BACK} else None,
            people_total=2 if kind.switched_hours and kind.done else 1 if kind.switched_hours else 0,
            people_done=kind.done,
            looked_at=now if kind.switched_hours else None,
        )
        rows.append(row)
    return list(Changeover.objects.across_clubs("made up").bulk_create(rows))


def _authorisations(
    app: XeroApp, clubs: list[Club], kinds: list[Kind], people: dict[int, list[User]], at_xero: _AtXero
) -> None:
    now, rows = clock.now(), []
    for place, login in enumerate(XERO_USERS):
        given = at_xero.tokens[app.client_id, place]
        token_set = TokenSet.objects.create(
            app=app,
            xero_user_id=given["user_id"],
            email=login,
            name=login.partition("@")[0].title(),
            access_token=given["access_token"],
            refresh_token=given["refresh_token"],
            scopes=given.get("scope", ""),
            access_expires_at=now + timedelta(seconds=int(given["expires_in"])),
            refreshed_at=now,
        )
        for club, kind in zip(clubs, kinds, strict=True):
            if place in _connected(kind, is_old=app.client_id == OLD):
                ago = timedelta(days=300) if app.client_id == OLD else timedelta(hours=kind.hours + 1)
                rows.append(
                    Authorisation(
                        user=people[club.pk][place],
                        club=club,
                        app=app,
                        token_set=token_set,
                        tenant_id=at_xero.tenants[club.name],
                        organisation_name=club.name,
                        authorised_at=now - ago,
                    )
                )
    Authorisation.objects.across_clubs("made up").bulk_create(rows)


def _travellers(moved: list[Changeover], kinds: list[Kind], people: dict[int, list[User]]) -> None:
    rows = []
    for row, kind in zip(moved, kinds, strict=True):
        for place in range(row.people_total):
            authorised_at = row.moved_at - timedelta(minutes=20) if place < kind.done else None
            user = people[row.club_id][place]
            rows.append(Traveller(club=row.club, changeover=row, user=user, authorised_at=authorised_at))
    Traveller.objects.across_clubs("made up").bulk_create(rows)


def _tell(staff: User, moved: list[Changeover], people: dict[int, list[User]]) -> None:
    steps, notices = [], []
    for row in moved:
        told: list[tuple[str, datetime | None, User | None]] = [
            (State.PLANNED, row.planned_at, staff),
            (State.ANNOUNCED, row.announced_at, staff),
            (State.SWITCHED, row.switched_at, None),
            (State.DISCONNECTED, row.disconnected_at, None),
            (State.VERIFIED, row.verified_at, None),
        ]
        if row.state in {State.PAUSED, State.ROLLED_BACK, State.DONE}:
            told.append((row.state, row.moved_at, None if row.state == State.DONE else staff))
        for state, at, actor in told:
            if at is not None:
                words = phrase(WORDS[State(state)])
                steps.append(Step(club=row.club, changeover=row, at=at, actor=actor, name=state, words=words))
        causes = (("planned", row.announced_at), ("switched", row.switched_at), ("done", row.ended_at))
        for cause, at in causes:
            if at is None or (cause == "done" and row.state != State.DONE):
                continue
            notices += [
                Notice(
                    club=row.club, changeover=row, user=user, cause=cause, on=at.date(), state="sent", sent_at=at,
                    claimed_at=at,
                )
                for user in people[row.club_id]
            ]  # fmt: skip
    Step.objects.across_clubs("made up").bulk_create(steps)
    Notice.objects.across_clubs("made up").bulk_create(notices)


def _journals(clubs: list[Club], kinds: list[Kind]) -> None:
    """Make journals for some clubs that wait to be sent or need a person; none is queued, so nothing goes out."""
    now, rows, items = clock.now(), [], []
    fault = {
        "code": "item_unmapped", "severity": "fault",
        "message": plain_of(phrase("Charge %(code)s has no GL code.", code="LOCKER")),
        "mends": "charge:LOCKER", "remedy": plain_of(phrase("Choose its GL code.")),
    }  # fmt: skip
    refusal = "Account code '{code}' is not a valid code for this document."
    for place, (club, kind) in enumerate(zip(clubs, kinds, strict=True)):
        late = kind.switched_hours and kind.state != State.DONE
        for back in range(1, 2 + (place % 5 if late else 0)):
            on = (now - timedelta(days=back)).date()
            journal = Journal(
                club=club, accounting_date=on, state="open", revision=1, transaction_count=12 + place, line_count=4,
                debit_minor=100_00 + 731 * place * back, created_at=now,
            )  # fmt: skip
            if late and back == 2:
                journal.findings = [fault]
                items.append(FinancialItem(club=club, kind="charge", code="LOCKER", name="Locker hire"))
            if late and back == 3:
                journal.state, journal.xero_words = "rejected", refusal.format(code=200 + place)
            rows.append(journal)
        if kind.state in {State.DONE, State.VERIFIED, State.PLANNED, State.ANNOUNCED}:
            rows.append(
                Journal(
                    club=club,
                    accounting_date=(now - timedelta(days=9)).date(),
                    state="sent",
                    revision=1,
                    number="J-000101",
                    transaction_count=31,
                    line_count=6,
                    debit_minor=2_310_00 + place,
                    sent_at=now - timedelta(days=8, hours=place % 7),
                    created_at=now,
                )
            )
    Journal.objects.across_clubs("made up").bulk_create(rows)
    FinancialItem.objects.across_clubs("made up").bulk_create(items)


def _deliveries(clubs: list[Club], kinds: list[Kind], people: dict[int, list[User]], apps: list[XeroApp]) -> None:
    """Make a day of calls for the fleet, and journals that wait; they are due in a month, so that none is ever sent."""
    now, calls, queued, duties = clock.now(), [], [], []
    for place, (club, kind) in enumerate(zip(clubs, kinds, strict=True)):
        sender = people[club.pk][0]
        for hour in range(place % 3, 24, 5):
            at = now - timedelta(hours=hour, minutes=place)
            outcome = "unknown" if (place, hour) == (7, 11) else "rejected" if (place + hour) % 17 == 0 else "accepted"
            calls.append(
                Call(
                    club=club, app=apps[0], tenant_id="", sender=sender, idempotency_key=f"demo-{place}-{hour}",
                    body=b"", body_hash="", started_at=at, deadline_at=at + timedelta(minutes=1),
                    finished_at=at + timedelta(seconds=1), outcome=outcome, http_status=200,
                )
            )  # fmt: skip
        reason = {
            State.SWITCHED: WaitReason.CHANGEOVER,
            State.DISCONNECTED: WaitReason.AUTHORISATION,
            State.VERIFIED: WaitReason.LOCK,
        }
        if kind.state in reason:
            journal = Journal(
                club=club, accounting_date=(now - timedelta(days=12)).date(), state="queued", revision=1, line_count=4,
                transaction_count=9, debit_minor=840_00 + place, wait_reason=reason[State(kind.state)], created_at=now,
            )  # fmt: skip
            queued.append(journal)
            duties.append(
                Delivery(
                    club=club, journal=journal, sender=sender, reference=f"demo-{place}", narration="", payload=b"{}",
                    dated_on=journal.accounting_date, payload_hash="", queued_at=now, due_at=now + timedelta(days=30),
                )
            )  # fmt: skip
    Call.objects.across_clubs("made up").bulk_create(calls)
    Journal.objects.across_clubs("made up").bulk_create(queued)
    Delivery.objects.across_clubs("made up").bulk_create(duties)
