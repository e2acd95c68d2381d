"""Which journals a command is about: those of a range of days, of certain states, or named one by one."""

import argparse
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any

from clubledger.cli import arguments
from clubledger.cli.errors import Failure
from clubledger.cli.output import amount
from clubledger.clubs.models import Club
from clubledger.ledger.journals import overview
from clubledger.ledger.models import Journal, JournalState


def add_range(parser: argparse.ArgumentParser) -> None:
    """Add to a command the options that choose journals."""
    parser.add_argument("--from", dest="from_on", type=arguments.day, metavar="DATE", help="first accounting date")
    parser.add_argument("--up-to", dest="up_to_on", type=arguments.day, metavar="DATE", help="last accounting date")
    parser.add_argument("--unsent", action="store_true", help="from the oldest journal not sent to the newest")
    parser.add_argument(
        "--state",
        dest="states",
        action="append",
        choices=JournalState.values,
        metavar="STATE",
        help=f"only journals in this state (may be given again): {', '.join(JournalState.values)}",
    )


def add_choice(parser: argparse.ArgumentParser) -> None:
    """Add to a command the options of a range and the choice of single journals."""
    parser.add_argument("journals", nargs="*", type=int, metavar="ID", help="single journals, as listed by `journals`")
    add_range(parser)


def range_asked(asked: argparse.Namespace, club: Club) -> tuple[date, date]:
    """Return the first and last day asked for: at most the last week where nothing was said, as on the page."""
    from_on, up_to_on = overview.default_range(club=club)
    if asked.unsent:
        seen = overview.overview(club=club)
        from_on, up_to_on = seen.oldest_unsent_on or from_on, seen.newest_unsent_on or up_to_on
    from_on, up_to_on = asked.from_on or from_on, asked.up_to_on or up_to_on
    if from_on > up_to_on:
        raise Failure(f"--from {from_on} is after --up-to {up_to_on}.")
    return from_on, up_to_on


def journals_asked(asked: argparse.Namespace, club: Club, states: Collection[str] | None = None) -> list[Journal]:
    """Return the journals a command is about, oldest first. Raises Failure where a single one is not the club's."""
    if asked.journals:
        found = list(Journal.objects.of(club).filter(pk__in=asked.journals).order_by("accounting_date", "sequence"))
        missing = sorted(set(asked.journals) - {journal.pk for journal in found})
        if missing:
            raise Failure(f"{club.name} has no journal {', '.join(map(str, missing))}. See `clubledger journals`.")
        return found
    from_on, up_to_on = range_asked(asked, club)
    return list(overview.select(club=club, from_on=from_on, up_to_on=up_to_on, states=asked.states or states))


def rows_of(chosen: Iterable[Journal]) -> Iterator[dict[str, Any]]:
    """Return journals as rows to print."""
    for journal in chosen:
        yield {
            "id": journal.pk,
            "date": journal.accounting_date,
            "number": journal.number or "TBA",
            "sequence": journal.sequence,
            "state": journal.state,
            "transactions": journal.transaction_count,
            "lines": journal.line_count,
            "debit": amount(journal.debit_minor),
            "xero_journal_id": journal.xero_journal_id,
            "waits_for": journal.wait_reason,
            "words": journal.xero_words,
        }
