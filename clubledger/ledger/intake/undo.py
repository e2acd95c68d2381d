"""Takes a whole import back of which nothing was queued, sent, recorded or voided: the wrong file or the wrong club's.

What was never posted may be wiped (the rule of cancelling); what was, is only ever corrected or reversed. The import
itself, its refused rows and the audit trail stay.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from clubledger.bookkeeping.phrases import Day, phrase, text_of
from clubledger.bookkeeping.totals import DIRECTION, Sums
from clubledger.clubs import access, audit
from clubledger.clubs.models import Club, User
from clubledger.foundation import clock
from clubledger.foundation.wake import wake
from clubledger.ledger import sql
from clubledger.ledger.errors import CannotUndoImport
from clubledger.ledger.journals import totals
from clubledger.ledger.journals.states import journals_taking_in, touch
from clubledger.ledger.journals.totals import legs_of
from clubledger.ledger.models import TAKES_IN, Import, ImportState, Journal, JournalState

CHUNK = 5_000
AT_ONCE = 20_000
"""Transactions that are taken back while the person waits: a second or two. More are left to the worker."""

UNDOABLE = (ImportState.DONE, ImportState.FAILED)
"""The states of an import that has ended."""


@transaction.atomic
def undo_import(*, club: Club, actor: User, of_import: Import, reason: str) -> int:
    """Wipe the transactions that an import brought in and let earlier versions stand again; returns how many it wiped.

    Journals that held nothing else and were never queued are gone too. Amendments of texts post nothing and stay.
    Raises NotAllowed, or CannotUndoImport if anything of it was queued, sent, recorded or voided, or if a later import
    has corrected or reversed any of it.
    """
    access.require(club=club, actor=actor, permission=access.Permission.IMPORT)
    _require_reason(reason)
    access.lock_club(club)
    if not Import.objects.of(club).filter(pk=of_import.pk, state__in=UNDOABLE).exists():
        raise CannotUndoImport(phrase("Only an import that has ended can be undone, and only once."))
    versions = _versions_of(club, of_import)
    for part in _chunks(versions):
        _refuse_if_built_upon(part, of_import)
    touched: set[int] = set()
    for part in _chunks(versions):
        touched |= _journals_of(part)
        _wipe(club, part)
    _drop_unused(club, touched)
    Import.objects.of(club).filter(pk=of_import.pk).update(state=ImportState.UNDONE, finished_at=clock.now())
    audit.note(
        club=club,
        actor=actor,
        action="import.undone",
        subject=f"import {of_import.pk}",
        summary=f"Undid the import of {of_import.file_name or of_import.source}: {reason.strip()}",
        before={"transactions": len(versions)},
    )
    return len(versions)


@dataclass(frozen=True, slots=True)
class Foresight:
    """What undoing an import would take back, and what stands in its way, in words: it is refused while there is any.

    `amount_minor` is the gross of its transactions, `journals` how many they stand in.
    """

    transactions: int
    amount_minor: int
    first_on: date | None
    last_on: date | None
    journals: int
    obstacles: tuple[str, ...]


def foresee(*, club: Club, of_import: Import) -> Foresight:
    """Return what undoing the import would do, and change nothing."""
    values = [club.pk, of_import.pk]
    [(count, gross, first_on, last_on)] = sql.rows_of(
        "SELECT COUNT(*), COALESCE(SUM(gross_minor), 0), MIN(accounting_date), MAX(accounting_date) "
        "FROM ledger_sourcetransaction WHERE club_id = %s AND of_import_id = %s",
        values,
    )
    by_state = sql.rows_of(
        "SELECT j.state, COUNT(DISTINCT j.id) FROM ledger_sourcetransaction t "
        "JOIN ledger_posting p ON p.transaction_id = t.id JOIN ledger_journal j ON j.id = p.journal_id "
        "WHERE t.club_id = %s AND t.of_import_id = %s GROUP BY j.state",
        values,
    )
    obstacles: list[str] = []
    if of_import.state not in UNDOABLE:
        obstacles.append(phrase("Only an import that has ended can be undone, and only once."))
    elif not count:
        obstacles.append(phrase("It brought in no transaction: there is nothing to take back."))
    try:
        for part in _chunks(_versions_of(club, of_import)):
            _refuse_if_built_upon(part, of_import)
    except CannotUndoImport as error:
        obstacles.append(text_of(error))
    return Foresight(
        int(count), int(gross), _day(first_on), _day(last_on), sum(int(row[1]) for row in by_state), tuple(obstacles)
    )  # fmt: skip


def _day(value: Any) -> date | None:
    return value if value is None or isinstance(value, date) else date.fromisoformat(str(value))


@transaction.atomic
def begin_undoing(*, club: Club, actor: User, of_import: Import, reason: str) -> bool:
    """Undo an import here and now if it is small, else ask the worker to; tells whether it is undone.

    Raises what `undo_import` raises; whatever comes up when the worker does it is kept as the import's refusal.
    """
    access.require(club=club, actor=actor, permission=access.Permission.IMPORT)
    count = of_import.transactions_new + of_import.transactions_corrected
    if count <= AT_ONCE:
        undo_import(club=club, actor=actor, of_import=of_import, reason=reason)
        return True
    _require_reason(reason)
    access.lock_club(club)
    rows = Import.objects.of(club).filter(pk=of_import.pk, state__in=UNDOABLE)
    found = rows.first()
    # One that failed goes on from where it stopped if it is not undone after all.
    asked = found and {"actor": actor.pk, "reason": reason.strip(), "was": found.state, "checkpoint": found.checkpoint}
    if not found or not rows.filter(state=found.state).update(state=ImportState.UNDOING, checkpoint={"undo": asked}):
        raise CannotUndoImport(phrase("Only an import that has ended can be undone, and only once."))
    audit.note(
        club=club,
        actor=actor,
        action="import.undo_asked",
        subject=f"import {of_import.pk}",
        summary=f"Asked to undo the import of {of_import.file_name or of_import.source}: {reason.strip()}",
    )
    wake("ledger.undo_import", import_id=of_import.pk)
    return False


def finish_undoing(*, import_id: int) -> None:
    """Undo an import that somebody asked to undo; harmless when run again. A refusal is kept on the import."""
    rows = Import.objects.across_clubs("the worker is told only the import")
    found = rows.select_related("club").filter(pk=import_id, state=ImportState.UNDOING).first()
    if found is None:
        return
    asked = found.checkpoint["undo"]
    try:
        with transaction.atomic():
            access.lock_club(found.club)
            if rows.filter(pk=import_id, state=ImportState.UNDOING).update(
                state=asked["was"], checkpoint=asked["checkpoint"]
            ):
                undo_import(
                    club=found.club, actor=User.objects.get(pk=asked["actor"]), of_import=found, reason=asked["reason"]
                )
    except (CannotUndoImport, access.NotAllowed) as error:
        rows.filter(pk=import_id, state=ImportState.UNDOING).update(
            state=asked["was"], checkpoint=asked["checkpoint"], refusal=text_of(error)
        )


def unfinished() -> list[int]:
    """Return the imports that somebody asked to undo and nobody has undone yet."""
    rows = Import.objects.across_clubs("the sweep looks after all clubs").filter(state=ImportState.UNDOING)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise CannotUndoImport(phrase("Give the reason: it stays in the audit trail."))


def _versions_of(club: Club, of_import: Import) -> list[int]:
    """Return the ids of the versions that an import brought in, newest first."""
    rows = sql.rows_of(
        "SELECT id FROM ledger_sourcetransaction WHERE club_id = %s AND of_import_id = %s ORDER BY id DESC",
        [club.pk, of_import.pk],
    )
    return [row[0] for row in rows]


def _chunks(versions: Sequence[int]) -> Iterator[Sequence[int]]:
    for begin in range(0, len(versions), CHUNK):
        yield versions[begin : begin + CHUNK]


def _journals_of(ids: Sequence[int]) -> set[int]:
    rows = sql.rows_of(
        f"SELECT DISTINCT journal_id FROM ledger_posting WHERE {sql.among('transaction_id')}",  # noqa: S608
        [sql.those(ids)],
    )
    return {row[0] for row in rows}


def _drop_unused(club: Club, journal_ids: set[int]) -> None:
    # What was never queued has no reference, number or line that anybody could know of; what was stays, empty.
    rows = Journal.objects.of(club).filter(pk__in=journal_ids, state=JournalState.OPEN, number="")
    for unused in rows.filter(postings=None, totals=None, lines=None):
        with contextlib.suppress(ProtectedError):
            unused.delete()


def _refuse_if_built_upon(ids: Sequence[int], of_import: Import) -> None:
    gone = sql.rows_of(
        "SELECT j.accounting_date, j.state FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal_id "  # noqa: S608
        f"WHERE {sql.among('p.transaction_id')} AND NOT ({sql.among('j.state')}) "
        "ORDER BY j.accounting_date, j.sequence DESC LIMIT 1",
        [sql.those(ids), sql.those(str(state) for state in TAKES_IN)],
    )
    if gone:
        raise CannotUndoImport(_why_it_is_gone(_day(gone[0][0]), gone[0][1]))
    later = sql.rows_of(
        "SELECT t.source_id FROM ledger_sourcetransaction o JOIN ledger_sourcetransaction t ON t.club_id = o.club_id "  # noqa: S608
        "AND t.source = o.source AND t.source_id = o.source_id AND t.version > o.version AND t.of_import_id <> %s "
        f"WHERE {sql.among('o.id')} LIMIT 1",
        [of_import.pk, sql.those(ids)],
    )
    if later:
        raise CannotUndoImport(
            phrase("A later import has corrected “%(later)s”, which it brought in.", later=later[0][0])
        )
    reversed_later = sql.rows_of(
        "SELECT t.source_id, o.source_id FROM ledger_sourcetransaction o JOIN ledger_sourcetransaction t "  # noqa: S608
        "ON t.club_id = o.club_id AND t.source = o.source AND NOT (t.reverses = '') AND t.reverses = o.source_id "
        "AND t.is_current AND t.kind = 'reversal' AND t.of_import_id <> %s "
        f"WHERE {sql.among('o.id')} AND o.is_current LIMIT 1",
        [of_import.pk, sql.those(ids)],
    )
    if reversed_later:
        raise CannotUndoImport(
            phrase(
                "“%(later)s” of a later import reverses “%(earlier)s”, which it brought in.",
                later=reversed_later[0][0],
                earlier=reversed_later[0][1],
            )
        )


def _why_it_is_gone(on: date | None, state: str) -> str:
    """Return where something of an import stands that takes in no transactions any more, and what can be done."""
    day = Day(on) if on else ""
    if state == JournalState.QUEUED:
        return phrase(
            "Something of it stands in the journal of %(day)s, which waits for Xero. Withdraw that journal first.",
            day=day,
        )
    if state == JournalState.RECORDED:
        return phrase(
            "Something of it stands in the journal of %(day)s, which is recorded as manually added. Undo that recording"
            " first, or import the corrections.",
            day=day,
        )
    if state == JournalState.VOIDED:
        return phrase(
            "Something of it stood in the journal of %(day)s, which was in Xero, is voided there and kept for the"
            " record. What was once posted is only ever corrected or reversed: import the corrections.",
            day=day,
        )
    if state in {JournalState.SENDING, JournalState.UNCERTAIN}:
        return phrase(
            "Something of it stands in the journal of %(day)s, which is on its way to Xero. What was posted is only"
            " ever corrected or reversed: import the corrections.",
            day=day,
        )
    return phrase(
        "Something of it stands in the journal of %(day)s, which is in Xero. What was posted is only ever corrected or"
        " reversed: import the corrections.",
        day=day,
    )


def _wipe(club: Club, ids: Sequence[int]) -> None:
    """Take versions out of their journals, delete them, and let the versions before them stand again."""
    before = sql.rows_of(
        "SELECT b.id, b.legs_kind, b.accounting_date, o.is_current FROM ledger_sourcetransaction o "  # noqa: S608
        "JOIN ledger_sourcetransaction b ON b.club_id = o.club_id AND b.source = o.source "
        "AND b.source_id = o.source_id AND b.version = (SELECT MAX(e.version) FROM ledger_sourcetransaction e "
        "WHERE e.club_id = o.club_id AND e.source = o.source AND e.source_id = o.source_id "
        "AND (e.of_import_id IS NULL OR e.of_import_id <> o.of_import_id)) "
        f"WHERE {sql.among('o.id')} AND o.is_current",
        [sql.those(ids)],
    )
    sums = Sums()
    _take_out(ids, sums)
    again = [(row[0], row[1], str(row[2])) for row in before]
    taken_back = _mirrors_of([row[0] for row in again])
    open_mirrors = touch({journal_id for _, journal_id, _ in taken_back.values()})
    stuck = [journal_id for _, journal_id, _ in taken_back.values() if journal_id not in open_mirrors]
    if stuck:
        raise CannotUndoImport(
            phrase("What it took back of earlier versions stands in a journal that is no longer open.")
        )
    legs = legs_of(row[0] for row in again)
    dates = {on for version_id, _, on in again if version_id not in taken_back}
    journals = journals_taking_in(club, dates)
    postings = []
    for version_id, legs_kind, on in again:
        direction = DIRECTION[legs_kind]
        if version_id in taken_back:
            sums.post(taken_back[version_id][1], -direction, legs[version_id], times=-1)
        else:
            sums.post(journals[on], direction, legs[version_id])
            postings.append((version_id, journals[on], 1))
    _delete("ledger_posting", "id", [posting_id for posting_id, _, _ in taken_back.values()])
    sql.insert("ledger_posting", sql.POSTING_COLUMNS, postings)
    _delete("ledger_amendment", "transaction_id", ids)
    _delete("ledger_sourceline", "transaction_id", ids)
    _delete("ledger_sourcetransaction", "id", ids)
    sql.run(
        f"UPDATE ledger_sourcetransaction SET is_current = %s WHERE {sql.among('id')}",  # noqa: S608 - our own names
        [True, sql.those(row[0] for row in again)],
    )
    totals.write(sums)


def _take_out(ids: Sequence[int], sums: Sums) -> None:
    rows = sql.rows_of(
        "SELECT p.transaction_id, p.journal_id, p.sign, t.legs_kind FROM ledger_posting p "  # noqa: S608 - our own names
        f"JOIN ledger_sourcetransaction t ON t.id = p.transaction_id WHERE {sql.among('p.transaction_id')}",
        [sql.those(ids)],
    )
    still_open = touch({row[1] for row in rows})
    if {row[1] for row in rows} - still_open:
        raise CannotUndoImport(phrase("Something of it was queued in the meantime."))
    legs = legs_of({row[0] for row in rows})
    for transaction_id, journal_id, sign, legs_kind in rows:
        sums.post(journal_id, sign * DIRECTION[legs_kind], legs[transaction_id], times=-1)
    _delete("ledger_posting", "transaction_id", ids)


def _mirrors_of(version_ids: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    """Return the posting, journal and sign of the mirror image that took each version back, as far as there is one."""
    rows = sql.rows_of(
        "SELECT p.transaction_id, p.id, p.journal_id, p.sign FROM ledger_posting p "  # noqa: S608 - our own names
        "JOIN ledger_journal j ON j.id = p.journal_id "
        f"WHERE {sql.among('p.transaction_id')} AND p.sign = -1 AND j.state <> 'voided'",
        [sql.those(version_ids)],
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _delete(table: str, column: str, ids: Sequence[int]) -> None:
    sql.run(f"DELETE FROM {table} WHERE {sql.among(column)}", [sql.those(ids)])  # noqa: S608 - our own names
