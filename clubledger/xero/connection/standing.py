"""Where a user stands with Xero at a club, in the words of the General Ledger page. Reads only, asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, F, Q, QuerySet, When
from django.utils.translation import gettext as _

from clubledger.clubs.models import Club, User
from clubledger.foundation import clock
from clubledger.xero.connection import registration
from clubledger.xero.errors import AppMisconfigured
from clubledger.xero.models import Authorisation, AuthorisationRequest, Connection

REQUEST_LIFE = timedelta(minutes=10)

NEEDLESS_SECRETS = ("token_set__refresh_token", "token_set__previous_refresh_token")
"""What nobody needs for a call: it stays encrypted in the database."""

Kind = Literal["not_authorised", "unauthorized", "live", "waiting"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A user's standing. `headline` and `message` are for the page, empty when live.

    `waiting_since` is set whenever the user has left for Xero and not come back, also beside a live authorisation;
    `kind` is "waiting" only where there is no live one. `lost_because` says how the last one ended.
    """

    kind: Kind
    authorisation: Authorisation | None = None
    headline: str = ""
    message: str = ""
    organisation_name: str = ""
    waiting_since: datetime | None = None
    lost_because: str = ""
    lost_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Whether the user can send."""
        return self.kind == "live"


def not_authorised_message() -> str:
    """Return the words for no authorisation at all."""
    return _("You have not authorised Xero for this club")


def unauthorized_message() -> str:
    """Return the words for an authorisation of an app that the club no longer uses."""
    return _("The Xero connection for this club has been updated. Authorize Xero again to send journals.")


def current(*, club: Club, with_app: bool = True) -> Connection | None:
    """Return the club's connection: its organisation (once confirmed) and its app; None before anything was done.

    Without the app for who asks only which one it is.
    """
    rows = Connection.objects.of(club)
    found: Connection | None = (rows.select_related("app") if with_app else rows).first()
    return found


def live_authorisation(*, club: Club, user: User) -> Authorisation | None:
    """Return the user's authorisation of the club's present app and organisation, with its token set, or None.

    It is there just when `standing_of` says "live".
    """
    rows = Authorisation.objects.of(club).filter(
        user=user, ended_at=None, token_set__isnull=False, token_set__died_at=None
    )
    rows = rows.select_related("token_set").defer(*NEEDLESS_SECRETS)
    of_present = rows.filter(app=F("club__xero_connection__app"), tenant_id=F("club__xero_connection__tenant_id"))
    found: Authorisation | None = of_present.first()
    if found is not None:
        return found
    # A connection that names no app yet goes with the one that the settings or the console name.
    connection = current(club=club, with_app=False)
    if connection is None or connection.app_id is not None:
        return None
    return rows.filter(app_id=_app_id(club, connection), tenant_id=connection.tenant_id).first()


def live_authorisations(*, club: Club, connection: Connection | None = None) -> QuerySet[Authorisation]:
    """Return everybody's authorisations of the club's present app and organisation, for use within another query.

    Each is one that `live_authorisation` gives of its user. `connection` is the club's, if it was read already.
    """
    connection = connection or current(club=club, with_app=False)
    rows = Authorisation.objects.of(club).filter(ended_at=None, token_set__isnull=False, token_set__died_at=None)
    if connection is None:
        return rows.none()
    return rows.filter(app_id=_app_id(club, connection), tenant_id=connection.tenant_id)


def authorisations(*, club: Club) -> list[Authorisation]:
    """Return every authorisation of the club, live ones first, the newest first, with user, app and token set."""
    rows = Authorisation.objects.of(club).select_related("user", "app", "token_set", "club").order_by("-authorised_at")
    return sorted(rows, key=lambda row: row.ended_at is not None)


def standing_of(*, club: Club, user: User, connection: Connection | None = None) -> Standing:
    """Return a user's standing at a club by what is known here; only a call to Xero can find a silent disconnect.

    `connection` is the club's, where the caller has read it already.
    """
    connection = connection or current(club=club)
    organisation = connection.organisation_name if connection else ""
    rows = list(
        Authorisation.objects.of(club)
        .filter(user=user)
        .select_related("app", "token_set", "club", "user")
        .order_by("-authorised_at")
    )
    live = [row for row in rows if _can_be_used(row)]
    waiting = _waiting_since(club, user)
    app_id = _app_id(club, connection)
    tenant_id = connection.tenant_id if connection else ""
    for row in live:
        if row.app_id == app_id and row.tenant_id == tenant_id:
            return Standing("live", row, organisation_name=organisation, waiting_since=waiting)
    if waiting is not None:
        return Standing(
            "waiting",
            live[0] if live else None,
            headline=_("Waiting for Xero"),
            message=_("Waiting for Xero since %(time)s. Did Xero show an error?") % {"time": _time_in(club, waiting)},
            organisation_name=organisation,
            waiting_since=waiting,
        )
    if live:
        return Standing(
            "unauthorized",
            live[0],
            headline=_("Connection moved"),
            message=unauthorized_message(),
            organisation_name=organisation,
        )
    last = rows[0] if rows else None
    return Standing(
        "not_authorised",
        last,
        headline=_("Not connected"),
        message=not_authorised_message(),
        organisation_name=organisation,
        lost_because=_why_lost(last),
        lost_at=last.ended_at if last else None,
    )


Sign = Literal["live", "not_authorised", "unauthorized", "nobody"]


def sign_for(*, club: Club, user: User, connection: Connection, needs_own: bool) -> Sign:
    """Whether, in one query, the club's connection serves this user.

    Who sends needs an authorisation of their own, and so does whoever once had one; for everybody else any will do.
    """
    usable = Q(ended_at=None, token_set__isnull=False, token_set__died_at=None)
    present = usable & Q(app=_app_id(club, connection), tenant_id=connection.tenant_id)
    found = Authorisation.objects.of(club).aggregate(
        own=Count("pk", filter=Q(user=user)),
        own_usable=Count("pk", filter=usable & Q(user=user)),
        own_present=Count("pk", filter=present & Q(user=user)),
        present=Count("pk", filter=present),
    )
    if found["own_present"]:
        return "live"
    if needs_own or found["own"]:
        return "unauthorized" if found["own_usable"] else "not_authorised"
    return "live" if found["present"] else "nobody"


def signs_for(*, user: User, needs_own: Mapping[int, bool]) -> dict[int, tuple[Connection, Sign]]:
    """Return by club the connection and what `sign_for` says of it, of those clubs that have an organisation.

    `needs_own` are the clubs by key. A fixed number of queries, however many.
    """
    rows = Connection.objects.across_clubs("one person's clubs stand side by side").filter(club__in=list(needs_own))
    connections = {row.club_id: row for row in rows.exclude(tenant_id="").select_related("club")}
    # What the settings or the console name goes for all connections that name no app.
    nameless = next((row for row in connections.values() if row.app_id is None), None)
    app_of_nameless = _app_id(nameless.club, nameless) if nameless is not None else None
    consents: dict[int, list[tuple[int, int, str, bool]]] = {}
    usable = Q(ended_at=None, token_set__isnull=False, token_set__died_at=None)
    found = Authorisation.objects.across_clubs("one person's clubs stand side by side").filter(club__in=connections)
    for club_id, *consent in found.annotate(is_usable=Case(When(usable, then=True), default=False)).values_list(
        "club_id", "user_id", "app_id", "tenant_id", "is_usable"
    ):
        consents.setdefault(club_id, []).append((consent[0], consent[1], consent[2], bool(consent[3])))
    signs = {}
    for club_id, connection in connections.items():
        app_id, here = connection.app_id or app_of_nameless, consents.get(club_id, [])
        wanted = (app_id, connection.tenant_id)
        present = {who for who, app, tenant, is_usable in here if is_usable and (app, tenant) == wanted}
        own = [is_usable for who, _app, _tenant, is_usable in here if who == user.pk]
        sign: Sign = "live" if present else "nobody"
        if user.pk not in present and (needs_own[club_id] or own):
            sign = "unauthorized" if any(own) else "not_authorised"
        signs[club_id] = (connection, sign)
    return signs


def _can_be_used(row: Authorisation) -> bool:
    return row.is_live and row.token_set is not None and row.token_set.died_at is None


def _why_lost(row: Authorisation | None) -> str:
    if row is None:
        return ""
    return row.ended_because or ("expired" if row.token_set is not None and row.token_set.died_at else "")


def _app_id(club: Club, connection: Connection | None) -> int | None:
    if connection is not None and connection.app_id is not None:
        return int(connection.app_id)
    try:
        return registration.app_for(club).pk
    except AppMisconfigured:
        return None


def _waiting_since(club: Club, user: User) -> datetime | None:
    """Return when the user left for Xero, if the newest request is unused and still good for a return."""
    newest = AuthorisationRequest.objects.of(club).filter(user=user).order_by("-created_at", "-pk").first()
    if newest is None or newest.used_at is not None or newest.created_at <= clock.now() - REQUEST_LIFE:
        return None
    since: datetime = newest.created_at
    return since


def _time_in(club: Club, instant: datetime) -> str:
    return instant.astimezone(ZoneInfo(club.time_zone)).strftime("%H:%M")
