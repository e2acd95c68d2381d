"""Commands of the GL Integration page: journals, validate, send, record."""

import argparse
import time
from collections.abc import Iterable
from typing import Any

from clubledger.bookkeeping.findings import Finding
from clubledger.bookkeeping.phrases import counted
from clubledger.cli import arguments, output, selection
from clubledger.cli.errors import Failure
from clubledger.clubs.models import Club
from clubledger.delivery import preflight, serve
from clubledger.delivery.sending import queue
from clubledger.ledger.journals import drill_down, overview, recording
from clubledger.ledger.models import Journal, JournalState

CAN_BE_VALIDATED = (JournalState.OPEN, JournalState.VALID, JournalState.REJECTED)
LOOK_AGAIN_SECONDS = 0.5


def add_commands(commands: Any) -> None:
    """Add the commands of this group."""
    listing = commands.add_parser("journals", help="list journals; without a range those of at most the last week")
    listing.add_argument("--lines", type=int, metavar="ID", help="show the lines of this journal instead")
    selection.add_range(listing)

    validate = commands.add_parser("validate", help="check journals against a chart fetched now; shows every fault")
    selection.add_choice(validate)

    send = commands.add_parser("send", help="send valid journals to the general ledger")
    selection.add_choice(send)
    send.add_argument("--no-wait", action="store_true", help="leave the sending to the worker and return at once")
    send.add_argument(
        "--timeout", type=int, default=1800, metavar="SECONDS", help="longest wait (default: %(default)s)"
    )

    record = commands.add_parser("record", help="record journals as manually added to the general ledger")
    selection.add_choice(record)
    record.add_argument("--reason", required=True, help="why, for the audit trail")
    record.add_argument("--undo", action="store_true", help="take the recording back (Owners)")

    for parser, run in (
        (listing, run_journals), (validate, run_validate), (send, run_send), (record, run_record),
    ):  # fmt: skip
        arguments.add_club(parser)
        output.add_json(parser)
        parser.set_defaults(run=run)


def run_journals(asked: argparse.Namespace) -> int:
    """List journals, or the lines of one."""
    club = arguments.club_and_actor(asked).club
    if asked.lines is not None:
        journal = Journal.objects.of(club).filter(pk=asked.lines).first()
        if journal is None:
            raise Failure(f"{club.name} has no journal {asked.lines}. See `clubledger journals`.")
        lines = drill_down.lines_of(club=club, journal=journal)
        fields = ("account_code", "account_name", "job", "tax_type", "debit", "credit", "source_tax", "row_count")
        rows = [{field: getattr(line, field) for field in fields} for line in lines]
        output.show(asked, rows, empty="The journal has no line.")
        return 0
    from_on, up_to_on = selection.range_asked(asked, club)
    chosen = overview.select(club=club, from_on=from_on, up_to_on=up_to_on, states=asked.states)
    rows = list(selection.rows_of(chosen))
    shown = [{key: value for key, value in row.items() if key not in {"sequence", "xero_journal_id"}} for row in rows]
    output.show(asked, rows, shown, empty=f"No journal from {from_on} to {up_to_on}.")
    return 0


def run_validate(asked: argparse.Namespace) -> int:
    """Check journals; 1 if any has a fault."""
    door = arguments.club_and_actor(asked)
    chosen = selection.journals_asked(asked, door.club, CAN_BE_VALIDATED)
    if not chosen:
        output.show(asked, {"valid": [], "findings": []}, [], empty="No journal to validate in this range.")
        return 0
    result = preflight.validate(club=door.club, actor=door.user, journal_ids=[journal.pk for journal in chosen])
    valid = set(result.valid_ids)
    on = {journal.pk: journal.accounting_date for journal in chosen}
    rows = [_finding_row(journal_id, on.get(journal_id), finding) for journal_id, finding in result.findings]
    output.show(
        asked, {"valid": sorted(valid), "fetched_at": result.fetched_at, "findings": rows}, _by_cause(rows), empty=""
    )
    output.say(asked, f"{len(valid):,} of {counted(len(chosen), 'journal is', 'journals are')} valid.")
    return 0 if len(valid) == len(chosen) else 1


def run_send(asked: argparse.Namespace) -> int:
    """Send valid journals and wait for the outcome; 1 unless all of them were sent."""
    door = arguments.club_and_actor(asked)
    chosen = selection.journals_asked(asked, door.club, [JournalState.VALID])
    not_valid = [journal for journal in chosen if journal.state != JournalState.VALID]
    if not_valid:
        names = ", ".join(str(journal.pk) for journal in not_valid[:10])
        more = " …" if len(not_valid) > 10 else ""
        told = counted(len(not_valid), "journal is", "journals are")
        raise Failure(f"{told} not valid ({names}{more}). Run `clubledger validate` first.")
    if not chosen:
        raise Failure("No valid journal in this range. Run `clubledger validate` first.")
    ids = [journal.pk for journal in chosen]
    run = queue.send_to_gl(club=door.club, actor=door.user, journal_ids=ids)
    if not asked.no_wait:
        _wait(asked, door.club, run)
    ended = list(Journal.objects.of(door.club).filter(pk__in=ids).order_by("accounting_date", "sequence"))
    rows = list(selection.rows_of(ended))
    fields = ("id", "date", "number", "state", "debit", "waits_for", "words")
    output.show(asked, rows, [{field: row[field] for field in fields} for row in rows])
    sent = sum(journal.state == JournalState.SENT for journal in ended)
    of_all = counted(len(ids), "journal", "journals")
    output.say(asked, f"{of_all} queued." if asked.no_wait else f"{sent:,} of {of_all} sent.")
    return 0 if asked.no_wait or sent == len(ids) else 1


def _wait(asked: argparse.Namespace, club: Club, run: Any) -> None:
    """Wait until a send run has ended, doing its work here: where a worker does it too, each journal has one winner."""
    deadline = time.monotonic() + asked.timeout
    shown = -1
    while True:
        serve.serve_club(club.pk)
        state = queue.progress(club=club, run=run)
        if state.done != shown:
            shown = state.done
            output.say(asked, f"{state.done} of {state.total} done, {state.failed} failed.")
        if state.done >= state.total:
            return
        if time.monotonic() > deadline:
            left = counted(state.total - state.done, "journal still waits", "journals still wait")
            output.say(asked, f"{left}; the worker goes on.")
            return
        time.sleep(LOOK_AGAIN_SECONDS)


def run_record(asked: argparse.Namespace) -> int:
    """Record journals as added manually, or take that back."""
    door = arguments.club_and_actor(asked)
    states = [JournalState.RECORDED] if asked.undo else CAN_BE_VALIDATED
    ids = [journal.pk for journal in selection.journals_asked(asked, door.club, states)]
    if not ids:
        raise Failure("No such journal in this range. See `clubledger journals`.")
    change = recording.undo_recording if asked.undo else recording.record_manually
    moved = change(club=door.club, actor=door.user, journal_ids=ids, reason=asked.reason)
    output.show(asked, {"journals": moved}, [{"journals": moved}])
    output.say(asked, "Taken back." if asked.undo else "Recorded. Clubledger has not checked Xero.")
    return 0 if moved == len(ids) else 1


def _finding_row(journal_id: int, on: Any, finding: Finding) -> dict[str, Any]:
    return {
        "journal": journal_id,
        "date": on,
        "severity": finding.severity,
        "code": finding.code,
        "message": finding.message,
        "mends": finding.mends,
        "amount": finding.amount,
        "count": finding.count,
    }


def _by_cause(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the same fault of many journals into one row, as a person mends it once."""
    causes: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["code"], row["mends"] or row["message"])
        cause = causes.setdefault(
            key,
            {
                "severity": row["severity"],
                "journals": 0,
                "first_on": row["date"],
                "what": row["message"],
                "mend": row["mends"],
            },
        )
        cause["journals"] += 1
    return list(causes.values())
