"""Clubs as the vendor's staff see them: connection, who authorised, how far the books are. Never a transaction."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Exists, F, IntegerField, Max, Min, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Lower

from clubledger.changeover import staff
from clubledger.changeover.models import ENDED, Changeover
from clubledger.clubs.models import Club, SupportGrant, User
from clubledger.foundation import clock
from clubledger.ledger.models import Journal, JournalState
from clubledger.xero.models import Authorisation, Connection, secrets_of

WHY = "the vendor's staff see states across clubs"

UNSENT = ["open", "valid", "queued", "sending", "rejected", "uncertain", "differs"]

SHOWS = ("all", "live", "moved", "none", "changeover")
"""What the list may be narrowed to: connected, connection moved, not connected, in a changeover."""
SORTS = ("club", "connection", "oldest", "changeover")
"""What the list may be sorted by."""


@dataclass(frozen=True, slots=True)
class ClubRow:
    """A club with its states."""

    club: Club
    connection: Connection | None
    connected: str
    """live, moved, none"""
    authorised: list[str] = field(default_factory=list)
    last_sent_at: datetime | None = None
    oldest_unsent_on: date | None = None
    """Days before the club's Post from date are never sent, and don't count."""
    changeover: Changeover | None = None
    may_look: bool = False


def find(
    *, actor: User, text: str = "", show: str = "all", app_id: int | None = None, sort: str = ""
) -> QuerySet[Club]:
    """Return the active clubs whose name, slug or organisation holds the text, by one of SORTS or by name.

    A minus before the column turns it round; what has nothing there stands last. Raises NotStaff.
    """
    staff.require(actor)
    rows = Club.objects.filter(is_active=True)
    if text:
        organisation = Connection.objects.across_clubs(WHY).filter(
            club=OuterRef("pk"), organisation_name__icontains=text
        )
        rows = rows.filter(Q(name__icontains=text) | Q(slug__icontains=text) | Exists(organisation))
    if app_id:
        rows = rows.filter(xero_connection__app_id=app_id)
    live = Authorisation.objects.across_clubs(WHY).filter(
        club=OuterRef("pk"), ended_at=None, token_set__died_at=None, token_set__isnull=False
    )
    present = live.filter(app_id=OuterRef("xero_connection__app_id"))
    if show == "live":
        rows = rows.filter(Exists(present))
    elif show == "moved":
        rows = rows.filter(Exists(live), ~Exists(present))
    elif show == "none":
        rows = rows.filter(~Exists(live))
    elif show == "changeover":
        moving = Changeover.objects.across_clubs(WHY).filter(club=OuterRef("pk")).exclude(state__in=ENDED)
        rows = rows.filter(Exists(moving))
    return _ordered(rows, sort, live, present)


def with_slug(*, actor: User, slug: str) -> Club | None:
    """Return one club, switched off or not. Raises NotStaff."""
    staff.require(actor)
    return Club.objects.filter(slug=slug).first()


def names_of(slugs: Iterable[str], *, actor: User) -> list[str]:
    """Return what clubs are called, in the order of their slugs; of an unknown one its slug. Raises NotStaff."""
    staff.require(actor)
    asked = list(slugs)
    names = dict(Club.objects.filter(slug__in=asked).values_list("slug", "name"))
    return [names.get(slug, slug) for slug in asked]


def _ordered(
    rows: QuerySet[Club], sort: str, live: QuerySet[Authorisation], present: QuerySet[Authorisation]
) -> QuerySet[Club]:
    column = sort.removeprefix("-")
    if column not in SORTS:
        return rows.order_by("name", "pk")
    by: Any = Lower("name")
    if column == "connection":
        by = Case(When(Exists(present), then=0), When(Exists(live), then=1), default=2, output_field=IntegerField())
    elif column == "oldest":
        unsent = _unsent(Journal.objects.across_clubs(WHY).filter(club=OuterRef("pk"))).order_by("accounting_date")
        by = Subquery(unsent.values("accounting_date")[:1])
    elif column == "changeover":
        moving = Changeover.objects.across_clubs(WHY).filter(club=OuterRef("pk")).exclude(state__in=ENDED)
        by = Subquery(moving.values("state")[:1])
    rows = rows.annotate(sorted_by=by)
    order = F("sorted_by").desc(nulls_last=True) if sort.startswith("-") else F("sorted_by").asc(nulls_last=True)
    return rows.order_by(order, "name", "pk")


def _unsent(rows: QuerySet[Journal]) -> QuerySet[Journal]:
    """Leave the journals that are still to be sent: not empty, not before the club's Post from date."""
    rows = rows.filter(state__in=UNSENT, debit_minor__gt=0)
    return rows.filter(Q(club__post_from=None) | Q(accounting_date__gte=F("club__post_from")))


def describe(clubs: Sequence[Club]) -> list[ClubRow]:
    """Return the states of these clubs, in a handful of queries for all of them."""
    ids = [club.pk for club in clubs]
    known = Connection.objects.across_clubs(WHY).filter(club__in=ids).select_related("app")
    connections = {one.club_id: one for one in known.defer(*secrets_of("app"))}
    live: dict[int, list[tuple[int, str]]] = defaultdict(list)
    authorised = Authorisation.objects.across_clubs(WHY).filter(
        club__in=ids, ended_at=None, token_set__isnull=False, token_set__died_at=None
    )
    people = authorised.order_by("user__name").values_list("club_id", "app_id", "user__name", "user__email")
    for club_id, app_id, name, email in people:
        live[club_id].append((app_id, name or email))
    sent = Journal.objects.across_clubs(WHY).filter(club__in=ids, state=JournalState.SENT)
    last_sent = dict(sent.values("club_id").annotate(at=Max("sent_at")).values_list("club_id", "at"))
    unsent = _unsent(Journal.objects.across_clubs(WHY).filter(club__in=ids))
    oldest = dict(unsent.values("club_id").annotate(on=Min("accounting_date")).values_list("club_id", "on"))
    moving = {
        one.club_id: one for one in Changeover.objects.across_clubs(WHY).filter(club__in=ids).exclude(state__in=ENDED)
    }
    open_to_staff = set(
        SupportGrant.objects.across_clubs(WHY)
        .filter(club__in=ids, ended_at=None, until__gt=clock.now())
        .values_list("club_id", flat=True)
    )
    rows = []
    for club in clubs:
        connection = connections.get(club.pk)
        present = [name for app_id, name in live[club.pk] if connection is not None and app_id == connection.app_id]
        rows.append(
            ClubRow(
                club=club,
                connection=connection,
                connected="live" if present else "moved" if live[club.pk] else "none",
                authorised=present,
                last_sent_at=last_sent.get(club.pk),
                oldest_unsent_on=oldest.get(club.pk),
                changeover=moving.get(club.pk),
                may_look=club.pk in open_to_staff,
            )
        )
    return rows
