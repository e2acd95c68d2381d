"""The currency of a club's books: said by its Owner, on record, one that is divided into hundredths."""

import pytest

from clubledger.clubs import currency, people
from clubledger.clubs.access import NotAllowed
from clubledger.clubs.models import AuditEvent, Club, Role
from tests.fixtures_clubs import add_member, make_club, make_user

pytestmark = pytest.mark.django_db


def test_a_new_club_keeps_its_books_in_australian_dollars_unless_said_otherwise() -> None:
    owner = make_user()
    assert people.create_club(name="Here", slug="here", owner=owner).currency == "AUD"
    assert people.create_club(name="There", slug="there", owner=owner, currency="NZD").currency == "NZD"


def test_the_owner_says_another_and_it_is_on_record() -> None:
    club = make_club()
    owner, administrator = add_member(club, Role.OWNER), add_member(club, Role.ADMINISTRATOR)
    with pytest.raises(NotAllowed):
        currency.set_currency(club=club, actor=administrator, currency="NZD")
    assert currency.set_currency(club=club, actor=owner, currency=" nzd ").currency == "NZD"
    currency.set_currency(club=club, actor=owner, currency="NZD")
    event = AuditEvent.objects.of(club).get(action="club.currency_set")
    assert (event.user, event.before, event.after) == (owner, {"currency": "AUD"}, {"currency": "NZD"})


@pytest.mark.parametrize("code", ["", "XXY", "DOLLARS", "JPY", "KWD", "12"])
def test_what_is_no_currency_with_two_decimals_is_refused(code: str) -> None:
    club = make_club()
    with pytest.raises(currency.UnknownCurrency):
        currency.set_currency(club=club, actor=add_member(club, Role.OWNER), currency=code)
    assert Club.objects.get().currency == "AUD"
