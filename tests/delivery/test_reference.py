"""References are a pure function, can be read out of a narration again, and never belong to another club."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clubledger.clubs.models import MARK_ALPHABET
from clubledger.delivery.reference import date_and_sequence_in, narration_of, reference_in, reference_of
from clubledger.ledger.models import Journal

marks = st.text(MARK_ALPHABET, min_size=6, max_size=6)
days = st.dates(date(1990, 1, 1), date(2199, 12, 31))


@given(marks, days, st.integers(1, 99_999), st.dates(date(1990, 1, 1), date(2199, 12, 31)))
def test_a_reference_is_found_again_in_its_narration(mark: str, on: date, sequence: int, dated_on: date) -> None:
    reference = reference_of(mark, on, sequence)
    narration = narration_of(mark, Journal(accounting_date=on, sequence=sequence), dated_on)
    assert reference_in(narration, mark) == reference
    assert date_and_sequence_in(reference) == (on, sequence)
    # What is looked up by exact equality must be safe to quote and must not be trimmed.
    assert narration.isprintable()
    assert narration == narration.strip()
    assert len(narration) <= 450
    assert not set(narration) & set('"\\')


def test_it_is_not_ours_with_another_mark_or_when_xero_reversed_it() -> None:
    narration = narration_of("ABCDEF", Journal(accounting_date=date(2026, 7, 1), sequence=2), date(2026, 7, 1))
    assert narration == "Member transactions of 01/07/2026 (further journal 2) ref ABCDEF-20260701-2"
    assert reference_in(narration, "GHJKMN") == ""
    assert reference_in(f"Reversal: {narration}", "ABCDEF") == ""


def test_both_dates_stand_in_the_narration_when_they_differ() -> None:
    narration = narration_of("ABCDEF", Journal(accounting_date=date(2026, 6, 30), sequence=1), date(2026, 7, 1))
    assert "for 30/06/2026" in narration


def test_what_is_no_reference_is_refused() -> None:
    with pytest.raises(ValueError, match="not a reference"):
        date_and_sequence_in("J-000123")
