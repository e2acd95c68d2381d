"""What a column of plain JSON gives back, and that "nothing found" is told from the rest in the database."""

from datetime import date
from decimal import Decimal

import pytest
from django.core import serializers
from django.db import connection

from clubledger.clubs.models import Club
from clubledger.foundation.plain_json import PlainJSONField
from clubledger.ledger.models import Journal
from tests.fixtures_clubs import make_club

FOUND = {"code": "item_unmapped", "message": "“Größe” 100% of \\ 'x' \u0000 €\U0001f3cc", "amount": "-0.05", "count": 3}


def _journal(club: Club, day: int, found: list[dict[str, object]]) -> Journal:
    journal = Journal(club=club, accounting_date=date(2026, 11, day), findings=found)
    journal.save()
    return journal


@pytest.mark.django_db
def test_what_is_kept_comes_back_and_nothing_found_can_be_asked_for() -> None:
    club = make_club()
    kept, bare = _journal(club, 1, [FOUND]), _journal(club, 2, [])
    assert Journal.objects.of(club).get(pk=kept.pk).findings == [FOUND]
    assert list(Journal.objects.of(club).exclude(findings=[])) == [kept]
    assert list(Journal.objects.of(club).filter(findings=[]).values_list("pk", "findings")) == [(bare.pk, [])]


@pytest.mark.django_db
def test_it_is_kept_as_text() -> None:
    kept = _journal(make_club(), 1, [FOUND])
    with connection.cursor() as cursor:
        cursor.execute("SELECT findings FROM ledger_journal WHERE id = %s", [kept.pk])
        stored = cursor.fetchone()[0]
    assert isinstance(stored, str)
    assert stored.startswith('[{"code":"item_unmapped"')


@pytest.mark.django_db
def test_a_dump_reads_back() -> None:
    kept = _journal(make_club(), 1, [FOUND])
    (again,) = serializers.deserialize("json", serializers.serialize("json", [kept]))
    assert again.object.findings == [FOUND]


def test_bad_json_is_refused() -> None:
    with pytest.raises(ValueError, match="unexpected"):
        PlainJSONField().to_python("[{")


def test_an_amount_is_never_written_as_a_number() -> None:
    """Whoever forgets to write money as text is told so at once, not by a cent that is off."""
    with pytest.raises(TypeError):
        PlainJSONField().get_prep_value([{"amount": Decimal("0.10")}])
