"""Leaving the old app behind in Xero: disconnecting it with its own authorisations, or noticing that a person has.

Asks Xero with no database transaction open. May die between any two lines: the next look goes on from the rows.
"""

import time
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clubledger.bookkeeping.phrases import joined, phrase
from clubledger.changeover import staff
from clubledger.changeover.errors import InFlight, NotAllDisconnected, WrongStep
from clubledger.changeover.models import AFTER, Changeover
from clubledger.changeover.move import fence, progress, steps
from clubledger.changeover.move.state import allows
from clubledger.changeover.move.story import Entry, write_step
from clubledger.clubs import access
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.foundation import clock, crash, stop
from clubledger.xero.access import look_at
from clubledger.xero.connection import revocation
from clubledger.xero.errors import AppMisconfigured, AuthorisationLost, NotAuthorised, XeroError, XeroUnavailable
from clubledger.xero.models import Authorisation

LOOK_EVERY_AT_FIRST = timedelta(minutes=2)
LOOK_EVERY_LATER = timedelta(hours=1)
FIRST_HOURS = timedelta(hours=2)
"""Soon after the switch somebody probably disconnects it right now; later once an hour is enough."""

AT_A_TIME = 40
"""Clubs of which Xero is asked in one sweep: two thousand clubs take under an hour, and no limit is touched."""

MOST_SECONDS = 20.0
"""After this long a round leaves the rest to the next minute's: others wait for the worker too."""

PATIENCE = timedelta(hours=1)
"""Xero being away for a while is nobody's trouble."""

WHY = "old apps are watched across clubs; states only"

log = structlog.get_logger("clubledger.changeover")


def old_authorisations(changeover: Changeover) -> list[Authorisation]:
    """Return the authorisations of the old app that still stand, one a person."""
    if changeover.from_app_id is None:
        return []
    rows = Authorisation.objects.of(changeover.club).filter(app_id=changeover.from_app_id, ended_at=None)
    return list(rows.select_related("user", "app", "token_set", "club").order_by("authorised_at"))


def disconnect_old(*, club: Club, actor: User | None, changeover_id: int) -> int:
    """Disconnect every person's connection of the old app, in Xero and here. Returns how many.

    For staff, and for the club's people who may configure; None is Clubledger itself, where it was so planned. One
    person's connection that can't be removed does not keep the others'. Can be pressed again after a failure. Raises
    NotAllowed, WrongStep, InFlight, NotAllDisconnected.
    """
    if actor is not None and not (actor.is_staff and actor.is_active):
        access.require(club=club, actor=actor, permission=Permission.CONFIGURE)
    row = _row(club, changeover_id)
    _require_nothing_in_flight(club)
    ended, failed = 0, []
    for authorisation in old_authorisations(row):
        if not allows(_row(club, changeover_id), "disconnect"):
            # Rolled back meanwhile: what is left of the old app is needed again.
            break
        try:
            revocation.disconnect(club=club, actor=actor, authorisation_id=authorisation.pk)
        except NotAuthorised:
            # Somebody else has just ended it.
            continue
        except XeroError as error:
            failed.append(error)
            if is_silence(error):
                break
            continue
        ended += 1
        crash.point("changeover.after_disconnect")
    progress.look(club=club)
    if failed:
        raise _not_all(row, ended, failed[0])
    return ended


def is_silence(error: XeroError) -> bool:
    """Whether Xero gave no answer at all: then whoever is asked next would wait in vain as well."""
    return isinstance(error, XeroUnavailable) and error.http_status is None


def _not_all(row: Changeover, ended: int, cause: XeroError) -> NotAllDisconnected:
    left = len(old_authorisations(row))
    count = ngettext(
        "%(count)s connection of the old app still stands.", "%(count)s connections of the old app still stand.", left
    ) % {"count": left}
    removed = ngettext("%(count)s connection was removed.", "%(count)s connections were removed.", ended) % {
        "count": ended
    }
    why = _("Xero says: %(words)s Press again later, or disconnect it in Xero.") % {
        "words": cause.words or type(cause).__name__
    }
    return NotAllDisconnected(f"{count} {removed} {why}", cause=cause, ended=ended, left=left)


def _require_nothing_in_flight(club: Club) -> None:
    waiting = fence.in_flight(club)
    if waiting:
        raise InFlight(
            ngettext(
                "%(count)s journal is on its way to Xero under the old app. Wait until it has arrived.",
                "%(count)s journals are on their way to Xero under the old app. Wait until they have arrived.",
                waiting,
            )
            % {"count": waiting}
        )


def note_gone(*, club: Club, actor: User, changeover_id: int, reason: str = "") -> int:
    """Take a person's word that the old app's connections are gone in Xero, where Xero can't be asked any more.

    Because the app was deleted there, for instance. Ends them here and asks Xero nothing. Returns how many. Raises
    NotStaff, WrongStep, InFlight.
    """
    staff.require(actor)
    row = _row(club, changeover_id)
    _require_nothing_in_flight(club)
    ended = 0
    with transaction.atomic():
        access.lock_club(club)
        for authorisation in old_authorisations(row):
            ended += revocation.note_gone(authorisation=authorisation, actor=actor, reason=reason)
        if ended:
            words = phrase("Noted that %(app)s is gone in Xero.", app=row.from_app)
            told = joined(" ", [words, reason.strip()]) if reason.strip() else words
            write_step([Entry(row, told)], actor=actor, name="noted_gone")
            steps.set_trouble(club=club, changeover_id=row.pk, words="")
    progress.look(club=club)
    return ended


def _row(club: Club, changeover_id: int) -> Changeover:
    row: Changeover | None = (
        Changeover.objects.of(club).select_related("club", "from_app", "to_app").filter(pk=changeover_id).first()
    )
    if row is None or not allows(row, "disconnect"):
        raise WrongStep(_("There is no old app to disconnect now."))
    return row


def look_in_xero(*, club: Club, changeover_id: int, raises: bool = False) -> Changeover | None:
    """Ask Xero whether the old app's connections still stand, and end here those that don't. Raises WrongStep.

    What can't be asked now stays as it is; with `raises` the error of `xero` is raised once all others were asked.
    Gives the changeover if it has moved.
    """
    row = _row(club, changeover_id)
    unasked: XeroError | None = None
    Changeover.objects.of(club).filter(pk=row.pk).update(looked_at=clock.now())
    for authorisation in old_authorisations(row):
        try:
            look_at(authorisation=authorisation)
        except AuthorisationLost:
            # Its tokens are dead; the look has noted the end.
            continue
        except XeroError as error:
            log.info("changeover.old_app_not_asked", club=club.slug, words=error.words)
            if isinstance(error, AppMisconfigured):
                _tell_why(row, error)
            unasked = error
            if is_silence(error):
                break
    came = progress.look(club=club)
    if unasked is not None and raises:
        raise unasked
    return came


def _tell_why(row: Changeover, error: XeroError) -> None:
    words = phrase("The old app can't be disconnected: %(words)s", words=phrase(error.words))
    steps.set_trouble(club=row.club, changeover_id=row.pk, words=words)


def go_round() -> int:
    """Look at some clubs whose old app still stands, and disconnect it where that was planned. Returns how many."""
    now = clock.now()
    stands = Authorisation.objects.across_clubs(WHY).filter(
        club=OuterRef("club"), app=OuterRef("from_app"), ended_at=None
    )
    soon = Q(switched_at__gt=now - FIRST_HOURS) & Q(looked_at__lte=now - LOOK_EVERY_AT_FIRST)
    due = Q(looked_at=None) | soon | Q(looked_at__lte=now - LOOK_EVERY_LATER)
    rows = (
        Changeover.objects.across_clubs(WHY)
        .filter(due, Exists(stands), state__in=AFTER)
        .select_related("club")
        .order_by(F("looked_at").asc(nulls_first=True), "pk")
    )
    looked = 0
    give_up_at = time.monotonic() + MOST_SECONDS
    for row in rows[:AT_A_TIME]:
        if stop.is_asked() or time.monotonic() > give_up_at:
            break
        looked += 1
        try:
            _leave(row) if row.disconnects_itself else _look(row)
        except XeroError as error:
            if is_silence(error):
                # Xero answers nobody: two thousand clubs would each wait for it, and everything else behind them.
                log.warning("changeover.round_given_up", words=error.words)
                break
    return looked


def _look(row: Changeover) -> None:
    try:
        look_in_xero(club=row.club, changeover_id=row.pk, raises=True)
    except WrongStep:
        return


def _leave(row: Changeover) -> None:
    Changeover.objects.of(row.club).filter(pk=row.pk).update(looked_at=clock.now())
    try:
        disconnect_old(club=row.club, actor=None, changeover_id=row.pk)
    except (WrongStep, InFlight):
        return
    except NotAllDisconnected as error:
        _keep_trouble(row, error.cause)
    else:
        steps.set_trouble(club=row.club, changeover_id=row.pk, words="")


def _keep_trouble(row: Changeover, cause: Exception) -> None:
    """Return what keeps the old app connected: at once if it needs a person, later if it may pass by itself."""
    if not isinstance(cause, XeroError):
        raise cause
    log.info("changeover.not_disconnected_yet", club=row.club.slug, words=cause.words)
    is_late = row.switched_at is not None and row.switched_at < clock.now() - PATIENCE
    if isinstance(cause, AppMisconfigured) or is_late:
        _tell_why(row, cause)
    raise cause
