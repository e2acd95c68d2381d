"""A club that leaves the vendor, or whose trial ended: disconnected in Xero and closed; nothing of it is deleted."""

import structlog
from django.db import transaction
from django.utils.translation import gettext

from clubledger.changeover import staff
from clubledger.changeover.errors import ChangeoverError, InFlight
from clubledger.changeover.move import fence
from clubledger.clubs import access, audit
from clubledger.clubs.models import Club, User
from clubledger.xero.connection import revocation, standing
from clubledger.xero.errors import XeroError
from clubledger.xero.models import Authorisation

log = structlog.get_logger("clubledger.changeover")


def close_club(*, club: Club, actor: User, reason: str) -> list[Authorisation]:
    """Disconnect a club in Xero and close it: nobody opens it, nothing is sent. Returns what Xero did not disconnect.

    Run again, it tries those once more. Raises NotStaff, ChangeoverError without a reason, or InFlight while a journal
    is on its way or unclear.
    """
    staff.require(actor)
    if not reason.strip():
        raise ChangeoverError(gettext("Give the reason: it stays in the audit trail."))
    _require_nothing_in_flight(club)
    left = [row for row in standing.authorisations(club=club) if row.is_live and not _is_disconnected(row, actor)]
    with transaction.atomic():
        access.lock_club(club)
        _require_nothing_in_flight(club)
        if Club.objects.filter(pk=club.pk, is_active=True).update(is_active=False):
            _note(club, actor, "club.closed", f"{club.name} was closed: {reason.strip()}")
    return left


def open_again(*, club: Club, actor: User, reason: str) -> None:
    """Open a closed club again; its people authorise Xero anew. Raises NotStaff, ChangeoverError without a reason."""
    staff.require(actor)
    if not reason.strip():
        raise ChangeoverError(gettext("Give the reason: it stays in the audit trail."))
    with transaction.atomic():
        access.lock_club(club)
        if Club.objects.filter(pk=club.pk, is_active=False).update(is_active=True):
            _note(club, actor, "club.opened_again", f"{club.name} was opened again: {reason.strip()}")


def _require_nothing_in_flight(club: Club) -> None:
    if fence.in_flight(club):
        raise InFlight(gettext("Journals are on their way to Xero. Wait until it is known what became of them."))


def _is_disconnected(row: Authorisation, actor: User) -> bool:
    try:
        revocation.disconnect(club=row.club, actor=actor, authorisation_id=row.pk)
    except XeroError as error:
        log.warning("changeover.connection_left", authorisation=row.pk, words=error.words)
        return False
    return True


def _note(club: Club, actor: User, action: str, summary: str) -> None:
    audit.note(club=club, actor=actor, action=action, subject=club.slug, summary=summary)
