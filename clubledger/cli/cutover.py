"""Commands about where a club begins to post: post-from, record-up-to. They say first what they do."""

import argparse
from typing import Any

from clubledger.cli import arguments, output
from clubledger.cli.errors import Failure
from clubledger.ledger.journals import cutover
from clubledger.ledger.journals.cutover import CutoverEffect, Pile, Recordable


def add_commands(commands: Any) -> None:
    """Add the commands of this group."""
    post_from = commands.add_parser(
        "post-from",
        help="say from which day the club posts (Owners)",
        description="Days before it are kept for balances and never sent. Without a day it says which one is set.",
    )
    day = post_from.add_mutually_exclusive_group()
    day.add_argument("day", nargs="?", type=arguments.day, metavar="DATE", help="the first day that is posted")
    day.add_argument("--first-day", action="store_true", help="take the date away: post from the first day")
    wish = post_from.add_mutually_exclusive_group()
    wish.add_argument("--reason", help="why, for the audit trail")
    wish.add_argument("--dry-run", action="store_true", help="only say what it would keep back and release")

    record = commands.add_parser(
        "record-up-to", help="record everything up to a day as manually added to the general ledger"
    )
    record.add_argument("day", type=arguments.day, metavar="DATE", help="the last accounting date")
    wish = record.add_mutually_exclusive_group(required=True)
    wish.add_argument("--reason", help="why, for the audit trail")
    wish.add_argument("--dry-run", action="store_true", help="only say what it would record")

    for parser, run in ((post_from, run_post_from), (record, run_record_up_to)):
        arguments.add_club(parser)
        output.add_json(parser)
        parser.set_defaults(run=run)


def run_post_from(asked: argparse.Namespace) -> int:
    """Say or set the day from which the club posts; 1 if something before it is to be settled first."""
    door = arguments.club_and_actor(asked)
    if asked.day is None and not asked.first_day:
        if asked.reason or asked.dry_run:
            raise Failure("Give the day (YYYY-MM-DD), or --first-day.")
        since = door.club.post_from
        output.show(asked, {"post_from": since}, [{"post_from": since or "the first day"}])
        return 0
    if not asked.reason and not asked.dry_run:
        raise Failure("Say why with --reason, or look first with --dry-run.")
    effect = cutover.effect_of(club=door.club, post_from=asked.day)
    if not asked.dry_run:
        effect = cutover.set_post_from(club=door.club, actor=door.user, post_from=asked.day, reason=asked.reason)
    _show_effect(asked, effect)
    words = f"from {asked.day:%d/%m/%Y}" if asked.day else "from the first day"
    output.say(asked, f"Nothing was changed; it would post {words}." if asked.dry_run else f"The club posts {words}.")
    return 1 if effect.held else 0


def _show_effect(asked: argparse.Namespace, effect: CutoverEffect) -> None:
    held = [{"id": journal.pk, "date": journal.accounting_date, "state": journal.state} for journal in effect.held]
    value = {"kept": _pile(effect.kept), "released": _pile(effect.released), "sent": effect.sent, "held": held}
    rows = [
        {"journals": "kept, never sent"} | _pile(effect.kept),
        {"journals": "to be sent again"} | _pile(effect.released),
    ]
    output.show(asked, value, rows)
    for journal in held:
        output.say(asked, f"Journal {journal['id']} of {journal['date']} is {journal['state']}: settle it first.")


def run_record_up_to(asked: argparse.Namespace) -> int:
    """Record every journal up to a day that can be."""
    door = arguments.club_and_actor(asked)
    found = cutover.recordable_up_to(club=door.club, up_to_on=asked.day)
    if not asked.dry_run:
        cutover.record_up_to(
            club=door.club, actor=door.user, up_to_on=asked.day, reason=asked.reason, told=found.pile
        )  # fmt: skip
    output.show(asked, _pile(found.pile) | {"left": found.left}, [_pile(found.pile)])
    _say_left(asked, found)
    done = "Nothing was changed." if asked.dry_run else "Recorded. Clubledger has not checked Xero."
    output.say(asked, done)
    return 0


def _say_left(asked: argparse.Namespace, found: Recordable) -> None:
    for state, number in found.left.items():
        output.say(asked, f"{number} {state}: left as it is.")


def _pile(pile: Pile) -> dict[str, Any]:
    return {
        "count": pile.journals, "transactions": pile.transactions, "debit": pile.amount, "first_on": pile.first_on,
        "last_on": pile.last_on,
    }  # fmt: skip
