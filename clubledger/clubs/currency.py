"""The currency of a club's books. Journals go to an organisation of the same base currency; nothing is converted."""

from babel.numbers import get_currency_precision, list_currencies
from django.db import transaction
from django.utils.translation import gettext as _

from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User

DECIMALS = 2
"""Amounts are kept in hundredths."""


class UnknownCurrency(Exception):
    """It is no currency, or one that is not divided into hundredths."""


def read(code: str) -> str:
    """Return the ISO 4217 code in capitals. Raises UnknownCurrency."""
    asked = code.strip().upper()
    if asked not in list_currencies() or get_currency_precision(asked) != DECIMALS:
        raise UnknownCurrency(
            _("%(code)s is not a currency with two decimals: write it like AUD or NZD.") % {"code": asked or "–"}
        )
    return asked


@transaction.atomic
def set_currency(*, club: Club, actor: User, currency: str) -> Club:
    """Say in which currency the club's books are: the Owner's act, audited. Raises NotAllowed, UnknownCurrency.

    Journals that are on their way were checked before, against the organisation they go to.
    """
    access.require(club=club, actor=actor, permission=Permission.UNDO)
    code = read(currency)
    access.lock_club(club)
    club = Club.objects.get(pk=club.pk)
    if club.currency == code:
        return club
    before, club.currency = club.currency, code
    club.save(update_fields=["currency"])
    audit.note(
        club=club,
        actor=actor,
        action="club.currency_set",
        subject=club.slug,
        summary=f"The club's books are in {code} now; they were said to be in {before}.",
        before={"currency": before},
        after={"currency": code},
    )
    return club
