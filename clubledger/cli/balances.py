"""The command balances: proves that nothing is lost, and shows what Xero says beside it."""

import argparse
from dataclasses import asdict
from typing import Any

from clubledger.bookkeeping.phrases import counted
from clubledger.cli import arguments, output
from clubledger.clubs.access import Permission
from clubledger.delivery import proofs
from clubledger.delivery.proofs import Agreement, agreement
from clubledger.ledger.reports import balances
from clubledger.ledger.reports.balances import FIGURES


def add_commands(commands: Any) -> None:
    """Add the commands of this group."""
    proof = commands.add_parser("balances", help="prove that every account type adds up to the cent; 1 if one is off")
    proof.add_argument(
        "--at", type=arguments.day, metavar="DATE", help="the end of this day (default: the last day with transactions)"
    )
    proof.add_argument(
        "--from", dest="from_on", type=arguments.day, metavar="DATE",
        help="what stands before this day is the opening balance (default: the club's Post from date)",
    )  # fmt: skip
    arguments.add_club(proof)
    output.add_json(proof)
    proof.set_defaults(run=run_balances)


def run_balances(asked: argparse.Namespace) -> int:
    """Show each account type's balance, both sides; 1 if any is off."""
    door = arguments.club_and_actor(asked)
    door.require(Permission.SEE)
    at = asked.at or balances.last_day(club=door.club)
    found = balances.prove(club=door.club, up_to_on=at, from_on=asked.from_on)
    proofs.note_off(club=door.club, actor=door.user, at=at, found=found)
    rows = [{"code": one.code, "name": one.name, **{name: getattr(one, name) for name in FIGURES}} for one in found]
    totals = asdict(balances.add_up(found))
    seen = agreement(club=door.club, at=at)
    value = {"at": at, "from": asked.from_on, "account_types": rows, "totals": totals, "xero": _of_xero(seen)}
    shown = [*rows, {"code": "Total", "name": "", **totals}] if rows else []
    output.show(asked, value, shown, empty="No account type yet.")
    off = [one for one in found if one.difference]
    if off:
        by = sum(abs(one.difference) for one in off)
        words = f"{counted(len(off), 'account type is', 'account types are')} off, by {by:,.2f} in all"
    else:
        words = "Every account type adds up to the cent"
    output.say(asked, f"{words}{f' at {at}' if at else ''}.")
    output.say(asked, _words_of_xero(seen))
    return 1 if off else 0


def _of_xero(seen: Agreement) -> dict[str, Any]:
    return {
        "equal": seen.equal_count,
        "differ": seen.differ_count,
        "alarms": seen.alarm_count,
        "read_at": seen.read_at,
        "differing": [{"id": one.pk, "date": one.accounting_date, "words": one.xero_words} for one in seen.differing],
        "unsettled": [
            {
                "kind": one.kind,
                "reference": one.reference,
                "xero_journal_id": one.xero_journal_id,
                "seen_at": one.seen_at,
            }
            for one in seen.alarms
        ],
    }


def _words_of_xero(seen: Agreement) -> str:
    read = f"last read {seen.read_at:%Y-%m-%d %H:%M} UTC" if seen.read_at else "never read yet"
    journals = ", ".join(f"{one.pk} of {one.accounting_date}" for one in seen.differing)
    alarms = ", ".join(one.reference for one in seen.alarms)
    return (
        f"Xero: {counted(seen.equal_count, 'journal', 'journals')} as sent, {seen.differ_count:,} otherwise"
        f"{f' ({journals})' if journals else ''}, {seen.alarm_count:,} not accounted for"
        f"{f' ({alarms})' if alarms else ''}; {read}."
    )
