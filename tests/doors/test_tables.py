"""Every table of every page is a list that its heads sort and that is a file, or stands here with why it is none."""

import re

import pytest

from tests.doors.table import READ, address_of, client_of, reader_of
from tests.doors.test_queries import furnished, grow
from tests.web.every_list import EVERY_LIST

pytestmark = pytest.mark.django_db
__all__ = ["furnished"]

NO_LISTS = {
    ("api:openapi-view", ""): "the API's description",
    ("vendor-api:openapi-view", ""): "the API's description",
    ("changeover", ""): "empty journals that a button records, oldest first",
    ("changeover", "people"): "the club's few people who must authorise",
    ("chart-of-accounts", "Chart of Accounts"): "two links",
    ("console-changeover", "people"): "one club's few people",
    ("console-club", "auth"): "one club's few people; the club's own page sorts them",
    ("console-fleet", ""): "what stands behind a picture",
    ("gst-check", "periods"): "two to four periods, one after the other; a file all the same",
    ("imports", "Columns of the file"): "help",
    ("integration-settings", "manage"): "one link",
    ("transaction", ""): "the rows of one transaction, as they came in",
    ("users", "roles"): "help",
}
TABLE_TAG = re.compile(r"<table\b([^>]*)>.*?</thead>", re.DOTALL)


def tables_of(page):
    """Return each table's name as its label says, and whether its heads sort."""
    for found in TABLE_TAG.finditer(page):
        name = re.search(r'aria-label(?:ledby)?="([^"]*)"', found.group(1))
        yield name.group(1) if name else "", "aria-sort" in found.group()


def test_every_table_is_a_list_or_is_known_to_be_none(furnished):
    grow(furnished, 0, 3)
    seen, unknown = set(), []
    for name in READ:
        answer = client_of(furnished, reader_of(name)).get(address_of(furnished, name))
        if answer.status_code != 200 or answer.streaming or "html" not in answer["Content-Type"]:
            continue
        for label, sorts in tables_of(answer.content.decode()):
            seen.add((name, label))
            is_listed = any(listed.page == name for listed in EVERY_LIST.values())
            if (name, label) not in NO_LISTS and not (sorts and is_listed):
                unknown.append((name, label, sorts))
    assert not unknown, "\n".join(map(str, unknown))
    assert set(NO_LISTS) <= seen
