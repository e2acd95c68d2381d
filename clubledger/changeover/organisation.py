"""Changing the club's organisation in Xero: the Owner's act, with nothing in flight; the mapping is asked for anew."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from clubledger.changeover.errors import ChangeoverError
from clubledger.changeover.move import steps
from clubledger.clubs import access
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.ledger.mapping import reset
from clubledger.ledger.models import TAKES_IN, FinancialItem, Journal, JournalState
from clubledger.xero.connection import revocation, standing
from clubledger.xero.errors import XeroError
from clubledger.xero.models import Authorisation

HELD = (JournalState.QUEUED, JournalState.SENDING, JournalState.UNCERTAIN, JournalState.DIFFERS)
"""Journals that are on their way into the organisation, or that only there can be settled."""

log = structlog.get_logger("clubledger.changeover")


class OrganisationStays(ChangeoverError):
    """The club's organisation can't be changed now."""


@dataclass(frozen=True, slots=True)
class Foresight:
    """What letting go of the organisation would do; it is refused while `held` or `changeover_runs`.

    `unsent` journals would go to the next organisation; `sent` ones stay where they are.
    """

    name: str
    unsent: int
    sent: int
    mapped: int
    authorised: Sequence[Authorisation]
    held: Sequence[Journal]
    changeover_runs: bool


def foresee(*, club: Club) -> Foresight | None:
    """Return what changing the organisation would do, and change nothing; None where there is none."""
    connection = standing.current(club=club)
    if connection is None or not connection.tenant_id:
        return None
    rows = Journal.objects.of(club)
    return Foresight(
        connection.organisation_name,
        rows.filter(state__in=TAKES_IN).count(),
        rows.filter(state=JournalState.SENT).count(),
        FinancialItem.objects.of(club).exclude(gl_code=None).count(),
        [row for row in standing.authorisations(club=club) if row.is_live],
        list(_held(club).order_by("accounting_date", "sequence")[:20]),
        steps.live_of(club=club) is not None,
    )


def _held(club: Club) -> QuerySet[Journal]:
    rows: QuerySet[Journal] = Journal.objects.of(club).filter(state__in=HELD)
    return rows


def change_organisation(*, club: Club, actor: User, reason: str) -> int:
    """Disconnect the club from its organisation, so that another can be authorised; returns how many items to map anew.

    What Xero does not let us disconnect now stays in its list of connected apps and is no use to anybody here. Raises
    NotAllowed, or OrganisationStays without a reason, while a journal is queued, on its way, unclear or different in
    Xero, during a changeover, or if there is no organisation.
    """
    access.require(club=club, actor=actor, permission=Permission.UNDO)
    if not reason.strip():
        raise OrganisationStays(gettext("Give the reason: it stays in the audit trail."))
    seen = foresee(club=club)
    if seen is None:
        raise OrganisationStays(gettext("No organisation is connected."))
    _refuse(seen)
    for row in seen.authorised:
        try:
            revocation.disconnect(club=club, actor=actor, authorisation_id=row.pk)
        except XeroError as error:
            log.warning("changeover.connection_left", authorisation=row.pk, words=error.words)
    with transaction.atomic():
        access.lock_club(club)
        if _held(club).exists():
            raise OrganisationStays(gettext("A journal was queued in the meantime. Withdraw it first."))
        revocation.release_organisation(club=club, actor=actor, reason=reason.strip())
        return reset.forget_chart(club=club, actor=actor)


def _refuse(seen: Foresight) -> None:
    if seen.changeover_runs:
        raise OrganisationStays(
            gettext("A changeover to another Xero app is planned or under way: it has to end first.")
        )
    if seen.held:
        words = gettext(
            "Journals are queued, on their way, unclear or different in Xero. Withdraw or settle them first."
        )
        raise OrganisationStays(words)
