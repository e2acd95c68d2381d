"""A transaction that comes again: already there, amended, or corrected by the rules of the transactions file."""

from datetime import date

import pytest

from clubledger.clubs.models import AuditEvent
from clubledger.ledger.journals import recording, states
from clubledger.ledger.models import Amendment, Journal, Posting, SourceTransaction
from tests.ledger.oracle import Books

INVOICE = "I-1,invoice,2026-07-01,SUBS,FULL7,1100.00,100.00,Golf,1042,Full 7-day"


def send(books: Books, journal: Journal, state: str = "sent") -> None:
    """Move a journal through the states, as delivery does."""
    path = ["valid", "queued", "sending", "sent"]
    for state_from, state_to in zip(["open", *path], path, strict=False):
        states.move(club=books.club, journal_ids=[journal.pk], from_states=[state_from], to_state=state_to)
        if state_to == state:
            return


def versions(books: Books, source_id: str = "I-1") -> list[tuple[int, bool, str]]:
    rows = SourceTransaction.objects.of(books.club).filter(source_id=source_id).order_by("version")
    return [(row.version, row.is_current, str(row.accounting_date)) for row in rows]


def postings(books: Books) -> list[tuple[str, int, int, int]]:
    """Return journal's date and sequence, version and sign of each posting."""
    rows = Posting.objects.filter(journal__club=books.club).order_by(
        "journal__accounting_date", "journal__sequence", "pk"
    )
    return [(str(row.journal.accounting_date), row.journal.sequence, row.transaction.version, row.sign) for row in rows]


@pytest.mark.parametrize(
    "same",
    [
        INVOICE,
        INVOICE.replace("1100.00,100.00", "1100,100.0"),
        '"I-1","invoice","2026-07-01","SUBS","FULL7","1100.00","100.00","Golf","1042","Full 7-day"',
    ],
)
def test_the_same_content_is_already_there(books: Books, same: str) -> None:
    books.bring(INVOICE)
    done = books.bring(same)
    assert (done.transactions_already_there, done.transactions_new, done.transactions_corrected) == (1, 0, 0)
    assert versions(books) == [(1, True, "2026-07-01")]
    assert books.journals()[0].revision == 1


def test_rows_in_another_order_are_the_same_content(books: Books) -> None:
    rows = [INVOICE, "I-1,invoice,2026-07-01,SUBS,LOYAL,-55.00,-5.00,Golf,1042,Loyalty"]
    books.bring(*rows)
    done = books.bring(*reversed(rows))
    assert done.transactions_already_there == 1


def test_nil_tax_on_a_payment_is_the_same_as_none_stated(books: Books) -> None:
    books.bring("P-1,payment,2026-07-01,SUBS,CARD,5.00")
    assert books.bring("P-1,payment,2026-07-01,SUBS,CARD,5.00,0.00").transactions_already_there == 1


def test_another_source_has_source_ids_of_its_own(books: Books) -> None:
    books.bring(INVOICE)
    done = books.bring(INVOICE, source="pos")
    assert done.transactions_new == 1
    assert books.journals()[0].transaction_count == 2


@pytest.mark.parametrize(
    ("changed", "before", "after"),
    [
        (INVOICE.replace("Full 7-day", "Full"), ["1042", "Full 7-day", None], ["1042", "Full", None]),
        (INVOICE.replace("1042", "1043"), ["1042", "Full 7-day", None], ["1043", "Full 7-day", None]),
        (INVOICE + ",2026-06-30", ["1042", "Full 7-day", None], ["1042", "Full 7-day", "2026-06-30"]),
    ],
)
def test_texts_alone_are_an_amendment_that_posts_nothing(
    books: Books, changed: str, before: list[str], after: list[str]
) -> None:
    books.bring(INVOICE)
    totals = books.totals()
    done = books.bring(changed)
    assert (done.transactions_amended, done.transactions_already_there, done.transactions_corrected) == (1, 0, 0)
    [amendment] = Amendment.objects.of(books.club)
    assert (amendment.before, amendment.after) == ({"rows": [before]}, {"rows": [after]})
    assert amendment.actor == books.owner
    found = SourceTransaction.objects.of(books.club).get(source_id="I-1")
    assert [found.member, found.description, found.document_date and str(found.document_date)] == after
    assert found.lines.get().description == after[1]
    assert (books.totals(), books.journals()[0].revision) == (totals, 1)
    assert books.bring(changed).transactions_already_there == 1


def test_a_link_alone_is_an_amendment(books: Books) -> None:
    books.bring(INVOICE)
    done = books.bring(INVOICE + ",,I-0")
    assert done.transactions_amended == 1
    [amendment] = Amendment.objects.of(books.club)
    assert (amendment.before, amendment.after) == ({"rows": [], "reverses": ""}, {"rows": [], "reverses": "I-0"})


def test_a_correction_replaces_the_version_in_an_open_journal(books: Books) -> None:
    books.bring(INVOICE, "P-1,payment,2026-07-01,SUBS,CARD,5.00")
    done = books.bring(INVOICE.replace("1100.00,100.00", "550.00,50.00"))
    assert done.transactions_corrected == 1
    assert versions(books) == [(1, False, "2026-07-01"), (2, True, "2026-07-01")]
    [journal] = books.journals()
    assert (journal.debit_minor, journal.transaction_count, journal.revision) == (55500, 2, 3)
    assert ("2026-07-01", 1, "charge", "FULL7", "Golf", False, "stated") in books.totals()
    assert books.totals()[("2026-07-01", 1, "charge", "FULL7", "Golf", False, "stated")] == (55000, 5000, 1)
    books.is_sound()


@pytest.mark.parametrize("state", ["valid", "rejected"])
def test_a_journal_that_changes_is_open_again(books: Books, state: str) -> None:
    books.bring(INVOICE)
    [journal] = books.journals()
    send(books, journal, "valid")
    if state == "rejected":
        for before, after in [("valid", "queued"), ("queued", "sending"), ("sending", "rejected")]:
            states.move(club=books.club, journal_ids=[journal.pk], from_states=[before], to_state=after)
    books.bring(INVOICE.replace("1100.00", "1099.00"))
    [journal] = books.journals()
    assert (journal.state, journal.validated_revision) == ("open", None)
    assert journal.debit_minor == 109900


@pytest.mark.parametrize("state", ["queued", "sending", "sent"])
def test_once_queued_or_sent_it_is_taken_back_in_the_next_journal_of_its_date(books: Books, state: str) -> None:
    books.bring(INVOICE)
    send(books, books.journals()[0], state)
    books.bring(INVOICE.replace("1100.00,100.00", "550.00,50.00").replace("07-01", "07-03"))
    assert postings(books) == [("2026-07-01", 1, 1, 1), ("2026-07-01", 2, 1, -1), ("2026-07-03", 1, 2, 1)]
    first, second, third = books.journals()
    assert (first.state, first.debit_minor, first.revision) == (state, 110000, 1)
    assert (second.sequence, second.debit_minor, third.debit_minor) == (2, 110000, 55000)
    assert books.totals()[("2026-07-01", 2, "charge", "FULL7", "Golf", True, "stated")] == (110000, 10000, 1)
    assert books.net_by_code().keys() == {("2026-07-03", "SUBS"), ("2026-07-03", "FULL7")}
    books.is_sound()


def test_a_further_correction_takes_back_only_what_stands(books: Books) -> None:
    books.bring(INVOICE)
    send(books, books.journals()[0])
    books.bring(INVOICE.replace("1100.00", "1000.00"))
    books.bring(INVOICE.replace("1100.00", "900.00"))
    books.bring(INVOICE)
    assert postings(books) == [("2026-07-01", 1, 1, 1), ("2026-07-01", 2, 1, -1), ("2026-07-01", 2, 4, 1)]
    assert versions(books)[-1] == (4, True, "2026-07-01")
    books.is_sound()


def test_a_recorded_journal_is_corrected_like_a_sent_one(books: Books) -> None:
    books.bring(INVOICE)
    recording.record_manually(
        club=books.club, actor=books.owner, journal_ids=[books.journals()[0].pk], reason="By hand in June."
    )
    books.bring(INVOICE.replace("1100.00", "1000.00"))
    assert postings(books)[1:] == [("2026-07-01", 2, 1, -1), ("2026-07-01", 2, 2, 1)]


def test_a_late_entry_makes_a_further_journal(books: Books) -> None:
    books.bring(INVOICE)
    send(books, books.journals()[0])
    books.bring("P-1,payment,2026-07-01,SUBS,CARD,5.00")
    assert [(journal.sequence, journal.state) for journal in books.journals()] == [(1, "sent"), (2, "open")]


def test_the_kind_may_be_corrected_too(books: Books) -> None:
    books.bring("P-1,payment,2026-07-01,SUBS,CARD,5.00")
    books.bring("P-1,refund,2026-07-01,SUBS,CARD,5.00")
    assert books.net_by_code()[("2026-07-01", "CARD")][0] == -5
    books.is_sound()


def test_a_journal_left_without_anything_stays_and_is_empty(books: Books) -> None:
    books.bring(INVOICE)
    books.bring(INVOICE.replace("07-01", "07-02"))
    first, second = books.journals()
    assert (first.is_empty, first.transaction_count, first.line_count) == (True, 0, 0)
    assert second.accounting_date == date(2026, 7, 2)


def test_each_import_is_noted_with_what_came_of_it(books: Books) -> None:
    done = books.bring(INVOICE)
    event = AuditEvent.objects.of(books.club).get(action="import.done")
    assert event.subject == f"import {done.pk}"
    assert event.after == {"new": 1, "already_there": 0, "amended": 0, "corrected": 0, "refused": 0}
