"""What moved on a GL code or a job code month by month, however its journals stand."""

from datetime import date

import pytest

from clubledger.ledger.models import FinancialItem, GLCode, JobCode, Journal, JournalLine, JournalTotal
from clubledger.ledger.reports import movements
from clubledger.ledger.reports.movements import Moved
from tests.fixtures_clubs import make_club

pytestmark = pytest.mark.django_db
JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)


@pytest.fixture
def club():
    return make_club()


@pytest.fixture
def fees(club):
    return GLCode.objects.of(club).create(club=club, code="200", name="Fees", account_id="a")


@pytest.fixture
def golf(club):
    return JobCode.objects.of(club).create(club=club, code="Golf")


def frozen(club, fees, golf, on, state, *minors):
    journal = Journal.objects.of(club).create(club=club, accounting_date=on, state=state)
    for position, minor in enumerate(minors):
        JournalLine.objects.create(
            journal=journal, position=position, gl_code=fees, amount_minor=minor, job_code=golf, tax_type="OUTPUT"
        )


def unfrozen(club, item, on, state, *, job="", debit=0, credit=0):
    journal = Journal.objects.of(club).create(club=club, accounting_date=on, state=state)
    for is_debit, minor in ((True, debit), (False, credit)):
        JournalTotal.objects.create(
            journal=journal, item=item, is_debit=is_debit, amount_minor=minor, tax_kind="stated", job=job
        )


def test_frozen_journals_count_by_their_lines_and_others_as_mapped_now(club, fees, golf):
    item = FinancialItem.objects.of(club).create(club=club, kind="charge", code="FULL7", gl_code=fees)
    unmapped = FinancialItem.objects.of(club).create(club=club, kind="charge", code="NEW")
    unfrozen(club, unmapped, date(2026, 7, 9), "open", debit=9)
    frozen(club, fees, golf, date(2026, 6, 30), "sent", -500, 200)
    frozen(club, fees, golf, date(2026, 7, 1), "queued", -70)
    frozen(club, fees, golf, date(2026, 7, 2), "voided", -9_000)
    unfrozen(club, item, date(2026, 7, 3), "open", debit=3, credit=40)
    unfrozen(club, item, date(2026, 7, 4), "recorded", credit=100)
    unfrozen(club, item, date(2026, 5, 31), "open", credit=7_000)
    assert movements.moved(club=club, starts=[JUNE, JULY]) == {
        fees.pk: {
            JUNE: Moved(debit_sent=200, credit_sent=500),
            JULY: Moved(debit_unsent=3, credit_unsent=70 + 40 + 100),
        },
        None: {JULY: Moved(debit_unsent=9)},
    }
    assert movements.moved(club=club, starts=[JUNE, JULY], only=fees.pk + 1) == {}
    assert movements.moved(club=make_club("other", "Other"), starts=[JUNE]) == {}


def test_a_rows_own_job_goes_before_the_default_one(club, fees, golf):
    item = FinancialItem.objects.of(club).create(club=club, kind="charge", code="A", gl_code=fees, default_job=golf)
    frozen(club, fees, golf, date(2026, 7, 1), "sent", -70)
    unfrozen(club, item, date(2026, 7, 2), "open", credit=5)
    unfrozen(club, item, date(2026, 7, 3), "open", credit=6, job="Bar")
    found = movements.moved(club=club, starts=[JULY], by="job")
    assert found == {"Golf": {JULY: Moved(credit_sent=70, credit_unsent=5)}, "Bar": {JULY: Moved(credit_unsent=6)}}
    assert Moved(debit_sent=1, credit_unsent=3).net == -2


def test_months_and_weeks_go_over_the_turn_of_a_year():
    assert movements.months_until(date(2026, 2, 28), 3) == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]
    assert movements.weeks_until(date(2026, 1, 4), 2) == [date(2025, 12, 22), date(2025, 12, 29)]
