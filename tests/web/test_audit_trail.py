"""The audit trail's page takes whatever an address asks for: what can't be a day or a person is not asked for."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from clubledger.clubs import audit
from clubledger.clubs.models import Role
from clubledger.web.people.audit_trail import ALSO, AREAS
from tests.fixtures_clubs import add_member, make_club

pytestmark = pytest.mark.django_db
HERE = "/c/banksia-park/configuration/audit-trail/"


@pytest.mark.parametrize(
    "asked",
    ["from=0001-01-01", "up_to=9999-12-31", "who=99999999999999999999", "q=Did&after=999999999", "q=Did&before=0"],
)
@pytest.mark.parametrize("more", ["", "&format=csv"])
def test_it_answers_what_no_calendar_or_database_holds(client: Client, asked: str, more: str) -> None:
    club = make_club()
    owner = add_member(club, Role.OWNER)
    client.force_login(owner)
    audit.note(club=club, actor=owner, action="test.done", subject="x", summary="Did it.")
    answer = client.get(f"{HERE}?{asked}{more}")
    assert answer.status_code == 200
    if more:
        b"".join(answer.streaming_content)


def test_every_action_belongs_to_what_people_can_choose() -> None:
    """Keys of the vendor's staff are on the installation's own trail, which no club sees."""
    found: set[str] = set()
    for path in (Path(settings.BASE_DIR) / "clubledger").rglob("*.py"):
        source = path.read_text()
        found.update(re.findall(r'action=f?"([a-z_]+\.)', source))
        found.update(re.findall(r'_note\([^"]*"([a-z_]+\.)[a-z_]+"', source))
    beginnings = [area for area, _words in AREAS if area] + [one for more in ALSO.values() for one in more]
    assert {"mapping.", "gl_codes.", "journals.", "nightly."} <= found
    assert {one for one in found if not one.startswith(tuple(beginnings))} == {"staff_key."}


def test_the_chart_is_found_with_the_mapping(client: Client) -> None:
    club = make_club()
    owner = add_member(club, Role.OWNER)
    client.force_login(owner)
    for action in ("mapping.changed", "gl_codes.retrieved", "job_code.added", "import.done"):
        audit.note(club=club, actor=owner, action=action, subject="x", summary=f"{action} it.")
    answer = client.get(f"{HERE}?area=mapping.&format=csv")
    text = b"".join(answer.streaming_content).decode()
    assert [action in text for action in ("mapping.changed", "gl_codes.retrieved", "job_code.added")] == [True] * 3
    assert "import.done" not in text
