"""Every page is pictured by `make screenshots`, or left out for a reason; held against the URL configuration."""

from collections import defaultdict

from django.urls import resolve

from tests.doors.test_doors import TABLE
from tools.pictures.pages import LEFT_OUT, NOBODY, SECOND, STAFF, TREASURER, VIEWER, Page

PAGES: dict[str, Page] = TREASURER | VIEWER | STAFF | NOBODY | SECOND
READ = {name for name, row in TABLE.items() if row.method == "get"}


def route_of(page: Page) -> str:
    path = page.address(defaultdict(lambda: "1")).partition("?")[0]
    return resolve(path).view_name


def test_every_page_that_can_be_read_is_pictured_or_left_out_for_a_reason():
    pages = {name for name in READ if not name.startswith(("api:", "vendor-api:"))}
    pictured = {route_of(page) for page in PAGES.values()}
    assert pages - pictured == set(LEFT_OUT), "picture it in tools/pictures/pages.py, or say there why not"


def test_both_pages_about_the_api_are_pictured():
    pictured = {route_of(page) for page in PAGES.values()}
    assert {"api:openapi-view", "vendor-api:openapi-view"} <= pictured


def test_no_two_people_see_a_page_of_the_same_name():
    assert len(PAGES) == len(TREASURER) + len(VIEWER) + len(STAFF) + len(NOBODY) + len(SECOND)
