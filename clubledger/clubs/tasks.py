"""Tasks of this room, woken by their names: every chain of audit events is verified once a day."""

from datetime import timedelta

import structlog
from django.db.models import F, Q

from clubledger.clubs import audit
from clubledger.clubs.models import AuditChain
from clubledger.foundation import clock
from clubledger.foundation.wake import task

VERIFIED_EVERY = timedelta(days=1)
AT_A_TIME = 5
"""So few a minute that a fleet's chains are spread over the day, and nobody waits for them."""
log = structlog.get_logger(__name__)


@task("clubs.audit.sweep")
def verify_some() -> int:
    """Verify the chains whose turn it is, longest ago first; returns how many. One that does not hold is logged."""
    due = Q(verified_at=None) | Q(verified_at__lt=clock.now() - VERIFIED_EVERY)
    # One that was set back to nothing was verified when it had events.
    begun = Q(length__gt=0) | Q(verified_length__gt=0)
    chains = AuditChain.objects.filter(due, begun).select_related("club")
    turn = list(chains.order_by(F("verified_at").asc(nulls_first=True), "pk")[:AT_A_TIME])
    for chain in turn:
        if audit.verify(chain.club).verified_faults:
            log.error("audit.chain_broken", club=chain.club.slug if chain.club else "")
    return len(turn)
