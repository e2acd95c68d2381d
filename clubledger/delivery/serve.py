"""A club's turn: the steps in their order. First what is in doubt, then what Xero has, then what is to be sent."""

from contextlib import suppress
from datetime import timedelta

import structlog

from clubledger.clubs.models import Club
from clubledger.delivery.decisions import after_restore
from clubledger.delivery.models import Delivery
from clubledger.delivery.reconciliation import reconcile
from clubledger.delivery.sending import hold, replay, send, turns
from clubledger.foundation import clock, crash, stop
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import JournalState
from clubledger.xero.access import XeroAccess, access_for_reading
from clubledger.xero.errors import AuthorisationLost, Forbidden, XeroError

MOST_READERS = 4
"""How many people's authorisations are tried in one turn when one after the other turns out to have ended."""

log = structlog.get_logger(__name__)


def serve_club(club_id: int, club: Club | None = None) -> bool:
    """Take the club's turn and do all that is due for it. False if it is not due or another worker has it.

    `club` is its row, where the caller has read it already.
    """
    holder = send.new_holder()
    if not turns.take(club_id, holder):
        return False
    club = club or Club.objects.get(pk=club_id)
    has_failed = False
    try:
        _serve(club, holder)
    except Exception:
        has_failed = True
        with suppress(Exception):
            # The fault is told to the operator, the wait to the club. If neither can be written, the turn still rests.
            _hold_due(club, WaitReason.FAULT, hold.LOOK_AGAIN_SECONDS[WaitReason.FAULT])
        raise
    finally:
        turns.release(club, holder, rests=has_failed)
    return True


def _serve(club: Club, holder: str) -> None:
    crash.point("delivery.after_turn")
    send.give_up_stale_claims(club)
    refused: list[int] = []
    refusal: Forbidden | None = None
    for reader in range(1, MOST_READERS + 1):
        try:
            # Looking needs no more than the organisation: during a changeover an old app's authorisation will do.
            xero = access_for_reading(club=club, any_app=True, but=refused)
        except XeroError as error:
            hold_everything(club, refusal or error)
            return
        until, problem = turns.limited_until(club, xero.app_id)
        if until is not None:
            _wait_for_limit(club, until.timestamp() - clock.now().timestamp(), problem)
            return
        try:
            _reconcile_and_send(club, holder, xero)
            return
        except XeroError as error:
            log.warning("delivery.turn_interrupted", club=club.slug, error=type(error).__name__, words=error.words)
            if isinstance(error, AuthorisationLost | Forbidden) and reader < MOST_READERS:
                # It has ended, or its Xero user may no longer look; somebody else's may still do.
                refused.append(xero.authorisation.pk)
                refusal = error if isinstance(error, Forbidden) else refusal
                continue
            hold_everything(club, error, app_id=xero.app_id)
            return


def _reconcile_and_send(club: Club, holder: str, xero: XeroAccess) -> None:
    reconcile.read_changes(club, xero)
    reconcile.look_up_uncertain(club, xero)
    held_until = after_restore.held_until(club)
    if held_until is not None:
        reconcile.adopt_sighted(club, xero)
        after_restore.hold_back(club, held_until)
        return
    carried = replay.replay_unknown_calls(club, holder)
    reconcile.adopt_sighted(club, xero)
    is_sending = True
    while is_sending:
        # Told to stop, or the turn went to another: what is claimed is recorded, nothing more is begun.
        if stop.is_asked() or not turns.keep(club, holder, xero.app_id):
            break
        sent, is_sending = send.send_batch(club, holder)
        carried += sent
    if carried:
        reconcile.read_back(club, xero)


def hold_everything(club: Club, error: XeroError, *, app_id: int | None = None) -> None:
    """Keep back all that is due, with the reason: nothing is sent without reading first."""
    queued, doubtful = _due(club)
    hold.hold_for_error(club, queued, error, app_id=app_id)
    _look_later(club, doubtful, hold.LOOK_AGAIN_SECONDS[hold.reason_of(error)])


def _wait_for_limit(club: Club, seconds: float, problem: str) -> None:
    _hold_due(club, WaitReason.OFFLINE if problem == "offline" else WaitReason.LIMIT, max(1.0, seconds))


def _hold_due(club: Club, reason: WaitReason, seconds: float) -> None:
    queued, doubtful = _due(club)
    hold.hold(club, queued, reason=reason, seconds=seconds)
    _look_later(club, doubtful, seconds)


def _due(club: Club) -> tuple[list[Delivery], list[Delivery]]:
    """Return what is due and queued, and what is due and in doubt."""
    due = list(Delivery.objects.of(club).filter(closed_at=None, due_at__lte=clock.now()).select_related("journal"))
    queued = [one for one in due if one.journal.state == JournalState.QUEUED]
    return queued, [one for one in due if one.journal.state != JournalState.QUEUED]


def _look_later(club: Club, doubtful: list[Delivery], seconds: float) -> None:
    later = clock.now() + timedelta(seconds=seconds)
    Delivery.objects.of(club).filter(pk__in=[one.pk for one in doubtful]).update(due_at=later)
