"""A year of a club, from its file to Xero: what stands there per account and day is what the file says, to the cent.

The expected totals are worked out below from the file alone, by csv and Decimal, apart from the product.
"""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

from clubledger.cli.demo import setup, year
from clubledger.cli.demo.club import MAPPING
from clubledger.delivery import preflight, serve
from clubledger.delivery.sending import queue
from clubledger.ledger.journals import overview
from clubledger.ledger.models import Journal, JournalState
from tests.fixtures_xero import GOLF, make_app
from tests.fixtures_xero import xero as xero

LAST_ON = date(2026, 11, 21)
CREDITS_THE_ITEM = {"invoice", "refund", "dishonour", "transfer", "pos_sale"}
ITEM_OF = {
    "payment": "payment_method",
    "refund": "payment_method",
    "dishonour": "payment_method",
    "transfer": "account_type",
}


@pytest.fixture
def files(tmp_path):
    return [
        year.write(tmp_path / "year.csv", year.year(LAST_ON)),
        year.write(tmp_path / "corrections.csv", year.corrections(LAST_ON)),
    ]


def expected(files):
    """Return debit minus credit per day and GL code, gross, and the exact tax in all, from the files alone."""
    latest = {}
    for file in files:
        here = defaultdict(list)
        with file.open(encoding="utf-8", newline="") as source:
            for row in csv.DictReader(source):
                here[row["source_id"]].append(row)
        latest.update(here)
    gl_code = {(mapped.kind, mapped.code): mapped.gl_code for mapped in MAPPING}
    taxed = {mapped.code for mapped in MAPPING if mapped.taxed in {"OUTPUT", "INPUT"}}
    totals, tax = defaultdict(Decimal), Decimal(0)
    for rows in latest.values():
        on = rows[0]["accounting_date"]
        is_reversal = rows[0]["kind"] == "reversal"
        for row in latest[rows[0]["reverses"]] if is_reversal else rows:
            sign = (1 if row["kind"] in CREDITS_THE_ITEM else -1) * (-1 if is_reversal else 1)
            account = gl_code["account_type", row["account_type"]]
            item = gl_code[ITEM_OF.get(row["kind"], "charge"), row["item"]]
            if account != item:
                totals[on, account] += sign * Decimal(row["amount"])
                totals[on, item] -= sign * Decimal(row["amount"])
            if row["item"] in taxed and row["tax_amount"] != "0.00":
                tax += sign * Decimal(row["amount"]) / 11
    return {key: total for key, total in totals.items() if total}, tax


def in_xero(simulator, tenant_id):
    """Return the same from the journals in Xero, gross as their lines say, and the tax that Xero worked out."""
    book = simulator.world.charts.book(tenant_id)
    totals, tax = defaultdict(Decimal), Decimal(0)
    for journal in simulator.journals(tenant_id):
        assert (journal.status, journal.line_amount_types) == ("POSTED", "Inclusive")
        for line in journal.lines:
            key = (journal.dated_on.isoformat(), book.by_id[line.account_id].code)
            totals[key] += Decimal(line.amount_cents) / 100
            tax -= Decimal(line.tax_cents) / 100
    return {key: total for key, total in totals.items() if total}, tax


@pytest.mark.django_db(transaction=True)
def test_a_year_stands_in_xero_as_the_file_says_to_the_cent(xero, files):
    make_app("clubledger-v2")
    club, owner, treasurer = setup.make_people("correct horse battery")
    for file in files:
        setup.bring_in(club, treasurer, file)
    setup.map_items(club, owner)
    xero.authorise(club, treasurer, organisation=GOLF)
    preflight.get_gl_codes(club=club, actor=treasurer)
    preflight.get_categories(club=club, actor=treasurer)
    chosen = unsent(club)
    assert len(chosen) == year.DAYS
    validated = preflight.validate(club=club, actor=treasurer, journal_ids=chosen)
    assert [finding for _id, finding in validated.findings if finding.is_fault] == []
    assert sorted(validated.valid_ids) == sorted(chosen)

    xero.kit("DELETE", "log")
    run = queue.send_to_gl(club=club, actor=treasurer, journal_ids=chosen)
    send_to_the_end(club, run, xero)

    assert set(Journal.objects.of(club).values_list("state", flat=True)) == {JournalState.SENT}
    (should_be, tax_of_file), (is_there, tax_of_xero) = expected(files), in_xero(xero.simulator, xero.tenant_id())
    assert is_there == should_be
    assert sum(is_there.values()) == 0
    # Xero rounds to the cent per line: half a cent each at most.
    lines = sum(len(journal.lines) for journal in xero.simulator.journals(xero.tenant_id()))
    assert abs(tax_of_xero - tax_of_file) <= Decimal("0.005") * lines
    calls = [entry for entry in xero.simulator.requests() if entry.request.path.startswith("/api.xro/")]
    assert len(calls) <= 25


def unsent(club):
    seen = overview.overview(club=club)
    found = overview.select(club=club, from_on=seen.oldest_unsent_on, up_to_on=seen.last_on)
    return [journal.pk for journal in found]


def send_to_the_end(club, run, xero):
    """Take the club's turn as a worker does; between two turns time passes."""
    for _turn in range(30):
        serve.serve_club(club.pk)
        if queue.progress(club=club, run=run).is_finished:
            return
        xero.later(seconds=61)
    pytest.fail(f"not sent: {queue.progress(club=club, run=run)}")
