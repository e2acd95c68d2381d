"""Every page of the register is pictured by `make screenshots`, or left out for a reason."""

from tools import addresses
from tools.pictures.pages import ALL, LEFT_OUT, NOBODY, SECOND, STAFF, TREASURER, VIEWER


def test_every_page_is_pictured_or_left_out_for_a_reason():
    pictured = {picture.page for picture in ALL.values()}
    assert set(addresses.PAGES) - pictured == set(LEFT_OUT), "picture it in tools/pictures/pages.py, or say why not"


def test_a_page_of_anybody_at_a_club_is_pictured_empty_too():
    assert {"full-transactions", "empty-transactions", "full-transactions-none"} <= set(TREASURER)


def test_no_two_people_see_a_page_of_the_same_name():
    assert len(ALL) == len(TREASURER) + len(VIEWER) + len(STAFF) + len(NOBODY) + len(SECOND)
