"""Every address × {owner, administrator, accounts, viewer, another club's owner, staff, nobody}.

The register is held against the URL configuration: an address that no entry names fails, and so does an entry without
an address.
"""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from clubledger.frame.pages import Audience
from tests.doors.table import (
    ANSWERS,
    ANSWERS_TO,
    FORMS,
    LEAD_ELSEWHERE,
    OF_A_CLUB,
    PEOPLE,
    READ,
    TABLE,
    address_of,
    client_of,
    reader_of,
    taken_back,
)
from tools import addresses

pytestmark = pytest.mark.django_db
POSTING = sorted(name for name, door in TABLE.items() if door.posting)
PRESSED = sorted(name for name, door in TABLE.items() if door.method == "post")
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide"


def test_every_address_has_its_entry_and_every_entry_its_address():
    found = [name for name, _parameters in addresses.configured()]
    assert set(found) == set(addresses.BY_NAME), "name it in the pages.py of its door"
    assert len(found) == len(addresses.REGISTER), "a name that stands twice hides an address"


def test_what_is_out_of_the_way_is_an_address():
    assert set(TABLE) >= {*ANSWERS, *ANSWERS_TO, *FORMS, *LEAD_ELSEWHERE}


def test_every_page_has_its_help_with_a_page_and_every_help_its_page():
    shared = {page.name: page.guide for page in addresses.PAGES.values() if page.guide}
    assert [name for name, guide in shared.items() if guide in shared or guide not in addresses.PAGES] == []
    written = {path.name for path in GUIDE.glob("*.md")} - {"README.md"}
    assert written <= {page.help_file for page in addresses.PAGES.values()}


# What is called as its row is, has no title of its own.
TITLED = [
    name
    for name, page in addresses.PAGES.items()
    if TABLE[name].fine == 200 and set(addresses.examples_of(page)) <= {"slug"} and name != "console-club"
]


@pytest.mark.parametrize("name", TITLED)
def test_a_page_is_called_as_the_register_calls_it(world, name):
    who = "nobody" if name == "sign-in" else reader_of(name)
    page = client_of(world, who).get(address_of(world, name)).content.decode()
    title = page.partition("<title>")[2].partition("</title>")[0]
    assert title.startswith(str(addresses.PAGES[name].title))


@pytest.mark.parametrize("name", sorted(TABLE))
def test_who_gets_what(world, name):
    door = TABLE[name]
    got, places = {}, {}
    for who in PEOPLE:
        with taken_back():
            response = getattr(client_of(world, who), door.method)(address_of(world, name), door.form)
            got[who], places[who] = response.status_code, response.headers.get("Location", "")
    assert got == {who: door.answers(who) for who in PEOPLE}
    if got["nobody"] == 302 and name not in LEAD_ELSEWHERE:
        assert places["nobody"].startswith(reverse("sign-in"))


def test_what_belongs_to_a_club_is_known_of_two(world):
    assert set(world.other_examples) == set(world.examples) - {"slug", "app", "changeover", "prefix"}


@pytest.mark.parametrize("name", OF_A_CLUB)
def test_what_belongs_to_another_club_does_not_exist(world, name):
    if not set(addresses.examples_of(TABLE[name].entry).values()) & set(world.other_examples):
        return
    client = client_of(world, "owner")
    assert getattr(client, TABLE[name].method)(address_of(world, name, other=True)).status_code == 404


@pytest.mark.parametrize("name", POSTING)
def test_who_may_post_to_a_page(world, name):
    door = TABLE[name]
    got = {}
    for who in PEOPLE:
        with taken_back():
            status = client_of(world, who).post(address_of(world, name)).status_code
            # A form without a word is taken, or shown again with what it lacks.
            is_fine = door.answers(who, door.posting) == 200 and status in {200, 302, 422}
            got[who] = 200 if is_fine else status
    assert got == {who: door.answers(who, door.posting) for who in PEOPLE}


@pytest.mark.parametrize("name", PRESSED)
def test_what_is_done_by_post_is_not_done_by_a_link(world, name):
    # Where the same address of an API can be read too, a session does not open that either.
    refused = {401, 405} if TABLE[name].entry.audience is Audience.KEY else {405}
    assert client_of(world, "owner").get(address_of(world, name)).status_code in refused


# The APIs look at no cookie, so that nobody's browser can be made to use them.
OF_PEOPLE = sorted(name for name in TABLE if not name.startswith(("api:", "vendor-api:")))


@pytest.mark.parametrize("name", OF_PEOPLE)
def test_nothing_is_done_without_the_forms_token(world, name):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people["owner"])
    address = address_of(world, name)
    refused = {403} if TABLE[name].method == "post" else {403, 405}
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(address).status_code in refused


@pytest.mark.parametrize("name", sorted(set(OF_A_CLUB) & set(READ)))
def test_a_page_that_takes_forms_says_so_in_the_register(world, name):
    status = client_of(world, "owner").post(address_of(world, name)).status_code
    assert (status == 405) == (TABLE[name].posting is None)
