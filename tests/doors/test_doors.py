"""Every address × {owner, administrator, accounts, viewer, another club's owner, staff, nobody}.

The table is held against the URL configuration: an address without a row fails, and so does a row without an address.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

import tests.doors
from tests.doors.rows import ALSO_BY_POST, PEOPLE, ROWS, Row

TABLE: dict[str, Row] = dict(ROWS)
for found in pkgutil.iter_modules(tests.doors.__path__):
    if found.name.startswith("rows_"):
        TABLE.update(importlib.import_module(f"tests.doors.{found.name}").ROWS)

pytestmark = pytest.mark.django_db


def addresses(patterns: list[URLPattern | URLResolver], space: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern.url_patterns, inner)
        else:
            yield f"{space}{pattern.name}" if pattern.name else f"unnamed: {pattern.pattern}"


def address_of(name: str, row: Row, world: SimpleNamespace, args: list[object]) -> str:
    return reverse(name, args=[world.club.slug, *args] if row.is_of_club else args)


def client_of(world: SimpleNamespace, who: str) -> Client:
    client = Client()
    if world.people[who] is not None:
        client.force_login(world.people[who])
        world.who = who
    return client


def test_every_address_has_its_row_and_every_row_its_address():
    found = list(addresses(get_resolver().url_patterns))
    assert set(found) == set(TABLE)
    assert len(found) == len(TABLE), "a name that stands twice hides an address"


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("name", sorted(TABLE))
def test_who_gets_what(world, name, who):
    row = TABLE[name]
    client = client_of(world, who)
    response = getattr(client, row.method)(address_of(name, row, world, row.args(world)), dict(row.form))
    assert response.status_code == row.answers(who), response.content[-600:]
    if who == "nobody" and response.status_code == 302 and row.leads_to_sign_in:
        assert response["Location"].startswith(reverse("sign-in"))


@pytest.mark.parametrize("name", sorted(name for name, row in TABLE.items() if row.foreign))
def test_what_belongs_to_another_club_does_not_exist(world, name):
    row = TABLE[name]
    assert row.foreign is not None
    address = address_of(name, row, world, row.foreign(world))
    assert getattr(client_of(world, "owner"), row.method)(address).status_code == 404


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("name", sorted(ALSO_BY_POST))
def test_who_may_post_to_a_page(world, name, who):
    row = Row(permission=ALSO_BY_POST[name], fine=TABLE[name].fine)
    address = address_of(name, TABLE[name], world, TABLE[name].args(world))
    status = client_of(world, who).post(address).status_code
    if row.answers(who) == 200:
        assert status in {200, 302, 422}
    else:
        assert status == row.answers(who)


@pytest.mark.parametrize("name", sorted(name for name, row in TABLE.items() if row.method == "post"))
def test_what_is_done_by_post_is_not_done_by_a_link(world, name):
    row = TABLE[name]
    address = address_of(name, row, world, row.args(world))
    # Where the same address of an API can be read too, a session does not open that either.
    refused = {401, 405} if ":" in name else {405}
    assert client_of(world, "owner").get(address).status_code in refused


# The APIs look at no cookie, so that nobody's browser can be made to use them.
OF_PEOPLE = sorted(name for name in TABLE if not name.startswith(("api:", "vendor-api:")))


@pytest.mark.parametrize("name", OF_PEOPLE)
def test_nothing_is_done_without_the_forms_token(world, name):
    row = TABLE[name]
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people["owner"])
    address = address_of(name, row, world, row.args(world))
    refused = {403} if row.method == "post" else {403, 405}
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(address).status_code in refused


@pytest.mark.parametrize("name", [name for name in OF_PEOPLE if TABLE[name].is_of_club and TABLE[name].method == "get"])
def test_a_page_that_takes_forms_is_in_the_table_of_those(world, name):
    row = TABLE[name]
    status = client_of(world, "owner").post(address_of(name, row, world, row.args(world))).status_code
    assert (status == 405) == (name not in ALSO_BY_POST)
