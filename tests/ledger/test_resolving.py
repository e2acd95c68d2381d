"""Totals become lines under the mapping, lines open to their transactions, and a frozen line stays what it was."""

from decimal import Decimal

import pytest

from clubledger.ledger.journals import drill_down, states
from clubledger.ledger.journals.drill_down import LineView
from clubledger.ledger.journals.lines import freeze, resolve
from clubledger.ledger.mapping import items
from clubledger.ledger.models import GLCode, JobCode, JournalLine
from tests.ledger.mapping_day import WORKED_DAY, add_chart, link_jobs, map_all
from tests.ledger.oracle import SAMPLES, Books


def lines(books: Books, number: int = 0) -> list[LineView]:
    return drill_down.lines_of(club=books.club, journal=books.journals()[number])


def plain(views: list[LineView]) -> list[tuple[str, str, str, str, str]]:
    return [
        (view.account_code, view.job, view.tax_type, f"{view.debit or ''}", f"{view.credit or ''}") for view in views
    ]


def freeze_journal(books: Books, number: int = 0) -> None:
    journal = books.journals()[number]
    for before, after in [("open", "valid"), ("valid", "queued")]:
        states.move(club=books.club, journal_ids=[journal.pk], from_states=[before], to_state=after)
    resolution = resolve(club=books.club, journals=[journal])[journal.pk]
    freeze(journal=journal, resolution=resolution)


@pytest.fixture
def day(books: Books) -> Books:
    add_chart(books.club, books.owner)
    books.bring(*WORKED_DAY)
    map_all(books)
    return books


def test_the_worked_day_cent_by_cent(day: Books) -> None:
    assert plain(lines(day)) == [
        ("200", "", "OUTPUT", "", "1100.00"),
        ("260", "", "OUTPUT", "", "11.00"),
        ("450", "", "BASEXCLUDED", "50.00", ""),
        ("611", "", "BASEXCLUDED", "1111.00", ""),
        ("611", "", "BASEXCLUDED", "", "1111.00"),
        ("615", "", "BASEXCLUDED", "1111.00", ""),
        ("616", "", "BASEXCLUDED", "", "22.00"),
        ("811", "", "BASEXCLUDED", "22.00", ""),
        ("812", "", "BASEXCLUDED", "", "50.00"),
    ]
    assert [view.source_tax for view in lines(day)][:2] == [Decimal("-100.00"), Decimal("-1.00")]
    [journal] = day.journals()
    assert journal.debit_minor == 229400


def test_what_is_not_mapped_is_told_on_its_line(books: Books) -> None:
    books.bring(WORKED_DAY[2])
    found = lines(books)
    assert [view.account_code for view in found] == ["", ""]
    assert [view.problems for view in found] == [
        ("Account type SUBS has no GL code.",),
        ("Payment method CARD has no GL code.",),
    ]


def test_untaxed_rows_of_a_taxed_charge_stand_on_a_line_of_their_own(day: Books) -> None:
    day.bring("INV-3,invoice,2026-07-01,SUBS,FULL7,30.00,0.00", "INV-4,invoice,2026-07-01,SUBS,FULL7,40.00")
    assert plain(lines(day))[:2] == [("200", "", "EXEMPTOUTPUT", "", "30.00"), ("200", "", "OUTPUT", "", "1140.00")]


def test_jobs_stand_on_item_lines_only_and_a_blank_one_is_the_charges_default(day: Books) -> None:
    day.bring("INV-3,invoice,2026-07-01,SUBS,FULL7,30.00,,Golf", "P-3,payment,2026-07-01,SUBS,CARD,5.00,,Bar")
    link_jobs(day)
    item = day.item("charge", "SURCH")
    golf = JobCode.objects.of(day.club).get(code="Golf")
    items.map_item(
        club=day.club, actor=day.owner, item_id=item.pk, gl_code_id=item.gl_code_id, tax_type="OUTPUT",
        untaxed_tax_type="EXEMPTOUTPUT", default_job_id=golf.pk,
    )  # fmt: skip
    found = {(view.account_code, view.job) for view in lines(day)}
    assert {("200", ""), ("200", "Golf"), ("260", "Golf"), ("615", ""), ("615", "Bar"), ("611", "")} <= found


def test_rows_whose_two_legs_fall_on_one_gl_code_make_no_line(day: Books) -> None:
    day.bring(
        "TRF-1,transfer,2026-07-01,PRIZE,HOUSE,20.00",
        "TRF-2,transfer,2026-07-01,PRIZE,PRIZE,3.00",
        "INV-3,invoice,2026-07-01,SUBS,FULL7,30.00,3.00",
        "INV-3,invoice,2026-07-01,SUBS,LEVY,7.00",
        "INV-3,invoice,2026-07-01,SUBS,LEVY,-9.00",
    )
    map_all(day, HOUSE="811", PRIZE="811", LEVY="611")
    assert plain(lines(day)) == [
        ("200", "", "OUTPUT", "", "1130.00"),
        ("260", "", "OUTPUT", "", "11.00"),
        ("450", "", "BASEXCLUDED", "50.00", ""),
        ("611", "", "BASEXCLUDED", "1141.00", ""),
        ("611", "", "BASEXCLUDED", "", "1111.00"),
        ("615", "", "BASEXCLUDED", "1111.00", ""),
        ("616", "", "BASEXCLUDED", "", "22.00"),
        ("811", "", "BASEXCLUDED", "22.00", ""),
        ("811", "", "BASEXCLUDED", "", "50.00"),
    ]
    opens_to_its_amount(day)
    freeze_journal(day)
    opens_to_its_amount(day)


def test_a_discount_row_nets_on_the_control_side(day: Books) -> None:
    day.bring("INV-3,invoice,2026-07-01,SUBS,FULL7,100.00", "INV-3,invoice,2026-07-01,SUBS,SURCH,-100.00")
    views = {(view.account_code, bool(view.debit)): view for view in lines(day)}
    assert views[("611", True)].debit == Decimal("1111.00"), "a net of nil makes no control leg"
    assert views[("260", True)].debit == Decimal("100.00")


def opens_to_its_amount(books: Books) -> None:
    """Assert that each line opens to transactions that add up to it, page by page."""
    for journal in books.journals():
        for view in drill_down.lines_of(club=books.club, journal=journal):
            pages = [drill_down.transactions_of(club=books.club, journal=journal, line_key=view.key, per_page=50)]
            for number in range(2, pages[0].pages + 1):
                pages.append(
                    drill_down.transactions_of(
                        club=books.club, journal=journal, line_key=view.key, page=number, per_page=50
                    )
                )
            rows = [row for page in pages for row in page.rows]
            assert sum(row.amount for row in rows) == (view.debit or 0) - (view.credit or 0), view
            assert len(rows) == pages[0].total > 0
            assert all(row.lines for row in rows)


def test_each_line_opens_to_the_transactions_that_made_it(day: Books) -> None:
    day.bring("INV-1,invoice,2026-07-02,SUBS,FULL7,1000.00", "R-1,reversal,2026-07-01,,,,,,,,,PRZ-1")
    opens_to_its_amount(day)
    view = next(view for view in lines(day) if view.account_code == "260")
    [row] = drill_down.transactions_of(club=day.club, journal=day.journals()[0], line_key=view.key).rows
    assert (row.transaction.source_id, row.amount, [str(one) for one in row.lines]) == (
        "INV-2",
        Decimal("-11.00"),
        ["SURCH 11.00"],
    )
    freeze_journal(day)
    opens_to_its_amount(day)
    whole = drill_down.transactions_of(club=day.club, journal=day.journals()[0])
    assert sum(row.amount for row in whole.rows) == Decimal(day.journals()[0].debit_minor) / 100


def test_a_month_opens_to_its_transactions(books: Books) -> None:
    add_chart(books.club, books.owner)
    books.bring_file(SAMPLES / "july.csv")
    map_all(books)
    link_jobs(books)
    days = books.journals()
    for number in (0, len(days) // 2, len(days) - 1):
        whole = drill_down.transactions_of(club=books.club, journal=days[number], per_page=10_000)
        assert whole.total == days[number].transaction_count
        assert sum(row.amount for row in whole.rows) * 100 == days[number].debit_minor
    opens_to_its_amount(books)


def test_an_unknown_line_opens_to_nothing(day: Books) -> None:
    page = drill_down.transactions_of(club=day.club, journal=day.journals()[0], line_key="line-0")
    assert (page.rows, page.total) == ([], 0)


def test_changing_the_mapping_moves_open_journals_and_no_frozen_one(day: Books) -> None:
    freeze_journal(day)
    day.bring("INV-9,invoice,2026-07-02,SUBS,FULL7,9.00")
    frozen_before, open_before = plain(lines(day, 0)), plain(lines(day, 1))
    item, code = day.item("charge", "FULL7"), GLCode.objects.of(day.club).get(code="260")
    wanted = [items.Wanted(item.pk, code.pk, "OUTPUT", "EXEMPTOUTPUT")]
    assert items.effects_of(club=day.club, wanted=wanted) == {item.pk: (1, Decimal("9.00"))}
    items.map_item(
        club=day.club, actor=day.owner, item_id=item.pk, gl_code_id=code.pk, tax_type="OUTPUT",
        untaxed_tax_type="EXEMPTOUTPUT",
    )  # fmt: skip
    assert plain(lines(day, 0)) == frozen_before
    assert plain(lines(day, 1)) != open_before
    assert JournalLine.objects.filter(journal=day.journals()[0]).count() == len(frozen_before)


def test_a_club_that_is_not_registered_gets_no_tax_types(day: Books) -> None:
    [journal] = day.journals()
    resolution = resolve(club=day.club, journals=[journal], no_tax_type="NONE", with_tax=False)[journal.pk]
    assert {line.tax_type for line in resolution.lines} == {"NONE"}


def test_a_control_leg_that_changes_side_without_such_rows_opens_to_its_transaction(day: Books) -> None:
    day.bring(
        "INV-3,invoice,2026-07-02,SUBS,LEVY,150.00",
        "INV-3,invoice,2026-07-02,SUBS,FULL7,-100.00",
        "INV-4,invoice,2026-07-03,SUBS,LEVY,100.00",
        "INV-4,invoice,2026-07-03,SUBS,FULL7,-100.00",
    )
    map_all(day, LEVY="611")
    for number in (1, 2):
        assert plain(lines(day, number)) == [
            ("200", "", "OUTPUT", "100.00", ""),
            ("611", "", "BASEXCLUDED", "", "100.00"),
        ]
    opens_to_its_amount(day)
    freeze_journal(day, 1)
    freeze_journal(day, 2)
    opens_to_its_amount(day)


def test_a_frozen_journal_counts_the_lines_and_debits_that_go_out(day: Books) -> None:
    day.bring("TRF-1,transfer,2026-07-02,PRIZE,HOUSE,20.00", "PAY-2,payment,2026-07-02,SUBS,CARD,5.00")
    map_all(day, PRIZE="811")
    [_, journal] = day.journals()
    assert (journal.line_count, journal.debit_minor) == (4, 2500)
    freeze_journal(day, 1)
    [_, journal] = day.journals()
    assert (journal.line_count, journal.debit_minor) == (2, 500)
    states.move(club=day.club, journal_ids=[journal.pk], from_states=["queued"], to_state="open")
    day.bring("PAY-3,payment,2026-07-02,SUBS,CARD,1.00")
    [_, journal] = day.journals()
    assert (journal.line_count, journal.debit_minor) == (4, 2600), "all of it counts until it is validated anew"
    day.is_sound()
