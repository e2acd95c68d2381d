"""The audit trail's page takes whatever an address asks for: what can't be a day or a person is not asked for."""

import pytest
from django.test import Client

from clubledger.clubs import audit
from clubledger.clubs.models import Role
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
