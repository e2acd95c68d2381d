"""The only code that changes what state a journal is in: guarded UPDATEs that tell which journals really moved."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from clubledger.clubs.models import Club
from clubledger.foundation import clock
from clubledger.ledger import sql
from clubledger.ledger.models import TAKES_IN, Journal, JournalState


class WaitReason(StrEnum):
    """Why a queued journal waits. The words for it are the doors'; the last of them is a fault of our own."""

    TURN = "turn"
    LIMIT = "limit"
    AUTHORISATION = "authorisation"
    PERMISSION = "permission"
    LOCK = "lock"
    CHANGEOVER = "changeover"
    SETUP = "setup"
    CLOCK = "clock"
    OFFLINE = "offline"
    NETWORK = "network"
    CHECK = "check"
    UNKNOWN = "unknown"
    FAULT = "fault"


MAY_GO: Mapping[str, frozenset[str]] = {
    JournalState.OPEN: frozenset({JournalState.VALID, JournalState.RECORDED}),
    JournalState.VALID: frozenset({JournalState.QUEUED, JournalState.OPEN, JournalState.RECORDED}),
    JournalState.QUEUED: frozenset({JournalState.SENDING, JournalState.OPEN}),
    JournalState.SENDING: frozenset(
        {JournalState.SENT, JournalState.REJECTED, JournalState.UNCERTAIN, JournalState.DIFFERS, JournalState.QUEUED}
    ),
    JournalState.SENT: frozenset({JournalState.VOIDED}),
    JournalState.REJECTED: frozenset({JournalState.VALID, JournalState.OPEN, JournalState.RECORDED}),
    JournalState.UNCERTAIN: frozenset({JournalState.SENT, JournalState.DIFFERS, JournalState.QUEUED}),
    JournalState.DIFFERS: frozenset({JournalState.SENT, JournalState.VOIDED}),
    JournalState.RECORDED: frozenset({JournalState.OPEN}),
    JournalState.VOIDED: frozenset(),
}
"""Where each state may go; the table of states in the product's description."""

_TAKES_IN_SQL = "state IN ('open', 'valid', 'rejected')"


class ImpossibleMove(Exception):
    """A journal was asked to go where its state can't go. A fault in the program, not in what somebody did."""


def move(
    *,
    club: Club,
    journal_ids: Collection[int],
    from_states: Collection[str],
    to_state: str,
    at_revisions: Mapping[int, int] | None = None,
    **fields: Any,
) -> list[int]:
    """Move journals of the club from any of `from_states` to `to_state`, and give the ids of those that really moved.

    One guarded UPDATE: of two who try at once, one moves each journal. `fields` are set along with the state. With
    `at_revisions` (journal id to revision) a journal moves only if it still stands at that revision. The caller has
    asked for permission, holds the transaction, and notes the audit event. Raises ImpossibleMove.
    """
    for state in from_states:
        # Staying where it is, with other fields, is no move: a queued journal that waits for something else.
        if to_state != state and to_state not in MAY_GO[state]:
            raise ImpossibleMove(f"a journal does not go from {state} to {to_state}")
    by_revision: dict[int | None, list[int]] = {}
    for journal_id in journal_ids:
        by_revision.setdefault(at_revisions[journal_id] if at_revisions else None, []).append(journal_id)
    moved: list[int] = []
    for revision, ids in by_revision.items():
        moved += _update(club, ids, from_states, {**fields, "state": to_state}, revision)
    return sorted(moved)


def _update(
    club: Club, journal_ids: list[int], from_states: Collection[str], fields: Mapping[str, Any], revision: int | None
) -> list[int]:
    columns = [f'"{Journal._meta.get_field(name).column}" = %s' for name in fields]  # type: ignore[union-attr]
    guard = "" if revision is None else " AND revision = %s"
    rows = sql.rows_of(
        f"UPDATE ledger_journal SET {', '.join(columns)} WHERE club_id = %s AND {sql.among('id')} "  # noqa: S608
        f"AND {sql.among('state')}{guard} RETURNING id",
        [
            *(sql.stored(value) for value in fields.values()),
            club.pk,
            sql.those(journal_ids),
            sql.those(str(state) for state in from_states),
            *([] if revision is None else [revision]),
        ],
    )
    return [row[0] for row in rows]


def open_recorded(*, club: Club, journal_ids: Collection[int]) -> list[int]:
    """Open recorded journals again, with nothing left of recording and validation; returns those that really moved."""
    return move(
        club=club,
        journal_ids=journal_ids,
        from_states=[JournalState.RECORDED],
        to_state=JournalState.OPEN,
        recorded_at=None,
        recorded_by=None,
        recorded_reason="",
        findings=[],
        validated_revision=None,
    )


def touch(journal_ids: Collection[int]) -> set[int]:
    """Mark journals as changed: open again, with a further revision. Returns those that still take in transactions.

    The rows stay locked until the transaction ends, so that none of them is queued while totals are added to it.
    """
    if not journal_ids:
        return set()
    rows = sql.rows_of(
        "UPDATE ledger_journal SET state = 'open', revision = revision + 1, validated_revision = NULL "  # noqa: S608
        f"WHERE {sql.among('id')} AND {_TAKES_IN_SQL} RETURNING id",
        [sql.those(sorted(journal_ids))],
    )
    return {row[0] for row in rows}


def journals_taking_in(club: Club, dates: Collection[str]) -> dict[str, int]:
    """Return, for each accounting date (ISO text), the journal that takes in transactions, made where there is none.

    Where several do, it is the latest. All are marked as changed. The caller holds the club's lock.
    """
    if not dates:
        return {}
    newest: dict[str, int] = {}
    last_sequence: dict[str, int] = {}
    known = sql.rows_of(
        "SELECT id, accounting_date, sequence, state FROM ledger_journal "  # noqa: S608 - our own names
        f"WHERE club_id = %s AND {_among_dates()} ORDER BY accounting_date, sequence",
        [club.pk, sql.those(sorted(dates))],
    )
    for journal_id, on, sequence, state in known:
        last_sequence[str(on)] = sequence
        if state in TAKES_IN:
            newest[str(on)] = journal_id
    still_open = touch(newest.values())
    found = {on: journal_id for on, journal_id in newest.items() if journal_id in still_open}
    missing = sorted(on for on in dates if on not in found)
    if missing:
        now = clock.now()
        made = Journal.objects.of(club).bulk_create(
            Journal(
                club=club,
                accounting_date=date.fromisoformat(on),
                sequence=last_sequence.get(on, 0) + 1,
                state=JournalState.OPEN,
                revision=1,
                created_at=now,
            )
            for on in missing
        )
        found.update({str(journal.accounting_date): journal.pk for journal in made})
    return found


def _among_dates() -> str:
    return "accounting_date = ANY(%s::date[])" if sql.is_postgresql() else sql.among("accounting_date")


def change_counts(changes: Mapping[int, Sequence[int]]) -> None:
    """Add to journals' counts of transactions, and take their lines and total debits from their totals anew.

    What validation found to make no line (both legs on one GL code) counts again until the next validation: the
    mapping may have changed since.
    """
    sql.run_many(
        "UPDATE ledger_journal SET transaction_count = transaction_count + %s, "
        "debit_minor = (SELECT COALESCE(SUM(amount_minor), 0) FROM ledger_journaltotal "
        "WHERE journal_id = ledger_journal.id AND is_debit), "
        "line_count = (SELECT COUNT(*) FROM ledger_journaltotal WHERE journal_id = ledger_journal.id "
        "AND row_count > 0) WHERE id = %s",
        [(transactions, journal_id) for journal_id, (transactions, _debit) in changes.items()],
    )
