"""Where a club begins to post: its Post from date, and recording everything up to a day as manually added.

What either does is told with count and amount before it is done; what is on its way or unclear holds both back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from clubledger.bookkeeping.money import from_minor
from clubledger.clubs import access, audit
from clubledger.clubs.models import Club, User
from clubledger.foundation import clock
from clubledger.ledger.errors import CutoverRefused, NotRecordable
from clubledger.ledger.journals import recording
from clubledger.ledger.journals.states import move
from clubledger.ledger.models import TAKES_IN, Journal, JournalState

HELD = (JournalState.QUEUED, JournalState.SENDING, JournalState.UNCERTAIN, JournalState.DIFFERS)
"""States that nobody may pass over: on the way to Xero, unclear, or different there."""

YEARS_AHEAD = 1


@dataclass(frozen=True, slots=True)
class Pile:
    """Some journals: how many, of which days, with how many transactions, and their total debits."""

    journals: int
    transactions: int
    amount_minor: int
    first_on: date | None = None
    last_on: date | None = None

    @property
    def amount(self) -> Decimal:
        """Total debits."""
        return from_minor(self.amount_minor)


@dataclass(frozen=True, slots=True)
class CutoverEffect:
    """What setting the Post from date would do.

    `kept` are the unsent journals before it, which are never sent; `released` those that stood before the present date
    and would be for sending again; `sent` those before it that are in Xero or recorded, which stay as they are; `held`
    those before it that must be settled first.
    """

    kept: Pile
    released: Pile
    sent: int
    held: Sequence[Journal]


def effect_of(*, club: Club, post_from: date | None) -> CutoverEffect:
    """Return what a Post from date (None: no such date) would do, and change nothing."""
    rows = Journal.objects.of(club).order_by()
    before = Q(accounting_date__lt=post_from) if post_from else Q(pk__in=[])
    released = Q(pk__in=[])
    if club.post_from and (post_from is None or post_from < club.post_from):
        released = Q(accounting_date__lt=club.post_from) & (Q(accounting_date__gte=post_from) if post_from else Q())
    return CutoverEffect(
        _pile(rows.filter(before, state__in=TAKES_IN)),
        _pile(rows.filter(released, state__in=TAKES_IN)),
        rows.filter(before, state__in=[JournalState.SENT, JournalState.RECORDED]).count(),
        list(rows.filter(before, state__in=HELD).order_by("accounting_date", "sequence")[:20]),
    )


def _pile(rows: QuerySet[Journal]) -> Pile:
    days = rows.order_by("accounting_date").values_list("accounting_date", flat=True)
    found = rows.aggregate(journals=Count("pk"), transactions=Sum("transaction_count"), amount=Sum("debit_minor"))
    return Pile(
        found["journals"], found["transactions"] or 0, found["amount"] or 0, days.first(), days.reverse().first()
    )  # fmt: skip


@transaction.atomic
def set_post_from(*, club: Club, actor: User, post_from: date | None, reason: str) -> CutoverEffect:
    """Set the day from which the club posts, or take it away; returns what that did.

    Valid journals that change sides are open again, to be validated as they now stand. Raises NotAllowed, or
    CutoverRefused without a reason, for a day more than a year ahead, or while journals before it are on their way,
    unclear or different in Xero.
    """
    access.require(club=club, actor=actor, permission=access.Permission.UNDO)
    if not reason.strip():
        raise CutoverRefused(gettext("Give the reason: it stays in the audit trail."))
    club = access.locked_club(club)
    today = clock.today_in(club.time_zone)
    if post_from is not None and post_from > today.replace(year=today.year + YEARS_AHEAD, day=min(today.day, 28)):
        raise CutoverRefused(gettext("That day is more than a year ahead."))
    effect = effect_of(club=club, post_from=post_from)
    if effect.held:
        first = effect.held[0]
        day = date_format(first.accounting_date, pgettext("date pattern", "d/m/Y"))
        label = gettext(JournalState(first.state).label)
        raise CutoverRefused(
            gettext("The journal of %(day)s is %(state)s. Withdraw or settle what is before that day first.")
            % {"day": day, "state": label[:1].lower() + label[1:]}
        )
    before, club.post_from = club.post_from, post_from
    club.save(update_fields=["post_from"])
    _open_again(club, before, post_from)
    audit.note(
        club=club,
        actor=actor,
        action="club.post_from_set",
        subject=f"{post_from:%d/%m/%Y}" if post_from else "no date",
        summary=(f"Posts from {post_from:%d/%m/%Y}" if post_from else "Posts from the first day")
        + f": {reason.strip()}",
        before={"post_from": before},
        after={"post_from": post_from, "journals_kept": effect.kept.journals, "amount_kept": effect.kept.amount_minor},
    )
    return effect


def _open_again(club: Club, before: date | None, after: date | None) -> None:
    """What was found of journals that change sides is no longer so."""
    rows = Journal.objects.of(club).filter(state__in=[JournalState.OPEN, JournalState.VALID])
    if before and after:
        rows = rows.filter(accounting_date__gte=min(before, after), accounting_date__lt=max(before, after))
    elif before or after:
        rows = rows.filter(accounting_date__lt=before or after)
    else:
        return
    move(
        club=club,
        journal_ids=list(rows.values_list("pk", flat=True)),
        from_states=[JournalState.OPEN, JournalState.VALID],
        to_state=JournalState.OPEN,
        findings=[],
        validated_revision=None,
    )


@dataclass(frozen=True, slots=True)
class Recordable:
    """What recording everything up to a day would record, and how many journals of which states it would leave."""

    pile: Pile
    left: dict[str, int]


def recordable_up_to(*, club: Club, up_to_on: date) -> Recordable:
    """Return what `record_up_to` would do, and change nothing. Days before Post from are kept anyway and left out."""
    rows = Journal.objects.of(club).filter(accounting_date__lte=up_to_on).order_by()
    if club.post_from:
        rows = rows.filter(accounting_date__gte=club.post_from)
    left = rows.filter(state__in=HELD).values_list("state").annotate(number=Count("pk"))
    return Recordable(_pile(rows.filter(state__in=TAKES_IN)), dict(left.order_by("state")))


@transaction.atomic
def record_up_to(*, club: Club, actor: User, up_to_on: date, reason: str, told: Pile) -> int:
    """Record every journal up to a day, that can be, as manually added with one reason; returns how many.

    `told` is what the person was shown: if it is no longer that, nothing is done. Raises NotAllowed, NotRecordable.
    """
    access.require(club=club, actor=actor, permission=access.Permission.SEND)
    club = access.locked_club(club)
    if up_to_on > clock.today_in(club.time_zone):
        raise NotRecordable(gettext("That day is still to come."))
    found = recordable_up_to(club=club, up_to_on=up_to_on).pile
    if (found.journals, found.amount_minor) != (told.journals, told.amount_minor):
        raise NotRecordable(gettext("Something has changed since you looked. Look at the numbers again."))
    rows = Journal.objects.of(club).filter(accounting_date__lte=up_to_on, state__in=TAKES_IN)
    if club.post_from:
        rows = rows.filter(accounting_date__gte=club.post_from)
    ids = list(rows.values_list("pk", flat=True))
    if not ids:
        raise NotRecordable(gettext("There is no journal up to that day that can be recorded."))
    return recording.record_manually(club=club, actor=actor, journal_ids=ids, reason=reason)
