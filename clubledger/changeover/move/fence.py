"""The fence around a switch: what is queued waits under a reason, what is in flight is known, and later all goes on.

Nothing is sent under two apps: `delivery` claims journals only under the app that the club's connection names at that
moment, in the database transaction that this room's steps exclude by locking the club.
"""

from collections import defaultdict
from collections.abc import Sequence

from clubledger.clubs.models import Club
from clubledger.delivery.models import Delivery, Turn
from clubledger.delivery.sending import hold
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import JournalState

ON_THEIR_WAY = (JournalState.SENDING, JournalState.UNCERTAIN)


def hold_queued_of(clubs: Sequence[Club]) -> dict[int, int]:
    """Let everything queued at these clubs wait for the changeover, and say so on each row. Returns how many, by club.

    The clubs are locked.
    """
    waiting: dict[int, list[Delivery]] = defaultdict(list)
    rows = Delivery.objects.across_clubs("clubs are switched many at a time").filter(
        closed_at=None, club__in=clubs, journal__state=JournalState.QUEUED
    )
    for delivery in rows:
        waiting[delivery.club_id].append(delivery)
    for club in clubs:
        if club.pk in waiting:
            hold.hold(club, waiting[club.pk], reason=WaitReason.CHANGEOVER)
    forget_limits(clubs)
    return {club_id: len(held) for club_id, held in waiting.items()}


def forget_limits(clubs: Sequence[Club]) -> None:
    """Forget what the app that a club leaves had used up: Xero counts calls by organisation and app."""
    turns = Turn.objects.across_clubs("clubs are switched many at a time").filter(club__in=clubs)
    turns.exclude(limited_until=None).update(limited_until=None, limit_problem="")


def in_flight(club: Club) -> int:
    """Return how many journals may be in Xero without our knowing: on their way, or to be looked up."""
    return Delivery.objects.of(club).filter(closed_at=None, journal__state__in=ON_THEIR_WAY).count()


def go_on(club: Club) -> None:
    """Have everything that waits for the changeover or an authorisation looked at now. The club is locked."""
    forget_limits([club])
    hold.go_on(club)
