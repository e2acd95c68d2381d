"""Accepting a journal as it is in Xero, by a person's decision: it differs, and counts as sent from then on."""

from django.db import transaction
from django.utils.translation import gettext

from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.delivery.errors import CannotDecide
from clubledger.delivery.models import Delivery
from clubledger.delivery.reconciliation.comparison import GONE
from clubledger.delivery.sending import carriers
from clubledger.foundation import clock
from clubledger.ledger.journals import reopen, states
from clubledger.ledger.models import Journal, JournalState


@transaction.atomic
def accept_difference(*, club: Club, actor: User, journal_id: int, reason: str) -> None:
    """Take a journal that differs as sent, by a person's word. Raises NotAllowed, CannotDecide."""
    access.require(club=club, actor=actor, permission=Permission.UNDO)
    access.lock_club(club)
    if not reason.strip():
        raise CannotDecide(gettext("Give a reason, for whoever asks later why the two are not the same."))
    journal = Journal.objects.of(club).filter(pk=journal_id).first()
    if journal is not None and _is_gone_from_xero(club, journal):
        raise CannotDecide(
            gettext("It is not in Xero's books any more. Void it here: its transactions are then sent anew.")
        )
    moved = states.move(
        club=club,
        journal_ids=[journal_id],
        from_states=[JournalState.DIFFERS],
        to_state=JournalState.SENT,
        sent_at=clock.now(),
        sent_by=actor,
        number=reopen.next_number(club=club),
    )
    if not moved or journal is None:
        raise CannotDecide(gettext("This journal does not differ from Xero's."))
    audit.note(
        club=club,
        actor=actor,
        action="journal.difference_accepted",
        subject=str(journal),
        summary=f"{actor} accepted the journal as it is in Xero: {reason}",
        before={"differences": journal.xero_words},
    )
    for delivery in Delivery.objects.of(club).filter(journal=journal, closed_because="differs").order_by("-pk")[:1]:
        carriers.arrived(club, delivery)


def _is_gone_from_xero(club: Club, journal: Journal) -> bool:
    """Whether what was read back of a journal that differs was voided or deleted there."""
    rows = Delivery.objects.of(club).filter(journal=journal, xero_journal_id=journal.xero_journal_id)
    found = rows.order_by("-pk").values_list("found_in_xero", flat=True).first()
    return found is not None and found["status"] in GONE
