"""Promise 2: opening + transactions = sent + recorded + not sent, per account type, at any date."""

from datetime import date
from decimal import Decimal

from clubledger.ledger.journals import recording
from clubledger.ledger.models import JournalTotal
from clubledger.ledger.reports import balances
from tests.ledger.oracle import SAMPLES, Books
from tests.ledger.test_corrections import send


def test_a_month_adds_up_at_every_date_in_every_state(books: Books) -> None:
    books.bring_file(SAMPLES / "july.csv")
    for number, journal in enumerate(books.journals()):
        if number % 3 == 0:
            send(books, journal)
        elif number % 3 == 1:
            recording.record_manually(club=books.club, actor=books.owner, journal_ids=[journal.pk], reason="By hand.")
    for at in (None, date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 15), date(2027, 1, 1)):
        lines = balances.prove(club=books.club, up_to_on=at, from_on=date(2026, 7, 1))
        assert {line.difference for line in lines} == {Decimal("0.00")}
    subs = next(line for line in balances.prove(club=books.club) if line.code == "SUBS")
    assert all([subs.sent, subs.recorded, subs.not_sent, subs.transactions])


def test_transfers_corrections_and_reversals_add_up(books: Books) -> None:
    books.bring(
        "T-1,transfer,2026-07-01,PRIZE,HOUSE,20.00",
        "T-2,transfer,2026-07-01,PRIZE,PRIZE,7.00",
        "R-1,reversal,2026-07-02,,,,,,,,,T-1",
        "P-1,payment,2026-07-01,HOUSE,CARD,5.00",
    )
    send(books, books.journals()[0])
    books.bring("T-1,transfer,2026-07-03,PRIZE,HOUSE,30.00")
    found = {line.code: (line.closing, line.difference) for line in balances.prove(club=books.club)}
    assert found == {"HOUSE": (Decimal("-5.00"), 0), "PRIZE": (Decimal("0.00"), 0)}
    at = {line.code: line.closing for line in balances.prove(club=books.club, up_to_on=date(2026, 7, 1))}
    assert at == {"HOUSE": Decimal("-5.00"), "PRIZE": Decimal("0.00")}


def test_days_before_the_cut_over_are_the_opening(books: Books) -> None:
    books.club.post_from = date(2026, 7, 2)
    books.club.save()
    books.bring("P-1,payment,2026-07-01,SUBS,CARD,5.00", "P-2,payment,2026-07-02,SUBS,CARD,7.00")
    [line] = balances.prove(club=books.club)
    assert (line.opening, line.transactions, line.before_cutover, line.not_sent) == (-5, -7, -5, -7)
    assert line.difference == 0


def test_it_finds_what_is_lost(books: Books) -> None:
    books.bring("P-1,payment,2026-07-01,SUBS,CARD,5.00")
    JournalTotal.objects.filter(item__code="SUBS").update(amount_minor=499)
    [line] = balances.prove(club=books.club)
    assert line.difference == Decimal("-0.01")
