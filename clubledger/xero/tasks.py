"""What this room does unasked: keeps tokens alive, finishes lost refreshes, reads a new organisation's facts."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db.models import Exists, OuterRef, Q

from clubledger.clubs.models import Club
from clubledger.foundation import clock, wake
from clubledger.xero import charts
from clubledger.xero.access import access_for_reading
from clubledger.xero.errors import AuthorisationLost, XeroError
from clubledger.xero.models import Authorisation, AuthorisationRequest, TokenSet
from clubledger.xero.oauth import refresh

IDLE_FOR = timedelta(days=21)
"""Xero lets a refresh token die after 60 idle days; three weeks leave room for weeks without a worker."""
AT_MOST = 100
FORGET_REQUESTS_AFTER = timedelta(days=30)

log = structlog.get_logger("clubledger.xero")


@wake.task("xero.sweep")
def sweep() -> int:
    """Do what is due each minute; returns the number of token sets renewed."""
    forget_old_requests()
    renewed: int = keep_alive()
    return renewed


@wake.task("xero.keep_alive")
def keep_alive(*, limit: int = AT_MOST) -> int:
    """Renew token sets that idled for three weeks, and those whose last refresh got no answer; returns how many.

    Without it a club that posts nothing for 60 days would be lost. At most `limit` at a time, the most urgent first.
    """
    now = clock.now()
    rests_on = Authorisation.objects.across_clubs("tokens serve several clubs").filter(
        token_set=OuterRef("pk"), ended_at=None
    )
    due = (
        TokenSet.objects.filter(Exists(rests_on), died_at=None)
        .filter(
            Q(refreshed_at__lt=now - IDLE_FOR) & (Q(lease_until=None) | Q(lease_until__lte=now))
            | ~Q(lease_holder="") & Q(lease_until__lte=now)
        )
        .order_by("refreshed_at")
        .values_list("pk", "generation")
    )
    renewed = 0
    for pk, generation in list(due[:limit]):
        try:
            refresh.fresh(pk, refused_generation=generation)
            renewed += 1
        except AuthorisationLost:
            log.warning("xero.keep_alive_too_late", set_id=pk)
        except XeroError as error:
            log.warning("xero.keep_alive_failed", set_id=pk, failure=type(error).__name__, words=error.words)
    return renewed


def forget_old_requests() -> int:
    """Delete authorisation requests of more than 30 days ago, and the secrets of those that can't be used any more."""
    now = clock.now()
    rows = AuthorisationRequest.objects.across_clubs("tidying up after all clubs")
    rows.filter(created_at__lt=now - timedelta(hours=1)).exclude(nonce="").update(code_verifier="", nonce="")
    gone, _by_model = rows.filter(created_at__lt=now - FORGET_REQUESTS_AFTER).delete()
    return int(gone)


@wake.task("xero.read_organisation")
def read_organisation(*, club_id: int) -> None:
    """Read the facts of a club's organisation (zone, currency, lock dates) soon after it was confirmed."""
    club = Club.objects.get(pk=club_id)
    try:
        charts.fetch_organisation(access=access_for_reading(club=club))
    except XeroError as error:
        log.warning("xero.organisation_not_read", club=club.slug, failure=type(error).__name__, words=error.words)
