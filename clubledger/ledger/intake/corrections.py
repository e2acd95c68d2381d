"""What becomes of a transaction that comes again: amended (posts nothing) or corrected (a further version, posted).

A correction takes the earlier version out of a journal that still takes in transactions; from one that is queued or
gone it is taken back by its mirror image in the next journal of the old date. Nothing is overwritten.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from clubledger.bookkeeping.totals import DIRECTION, LegRow, Sums, mirrored
from clubledger.foundation import clock
from clubledger.ledger import sql
from clubledger.ledger.intake.versions import Current, Intake, Version
from clubledger.ledger.journals import totals
from clubledger.ledger.journals.states import journals_taking_in, touch
from clubledger.ledger.journals.totals import legs_of
from clubledger.ledger.models import TAKES_IN, Amendment, SourceTransaction


class _Place(NamedTuple):
    """Where the current version of a transaction stands."""

    posting_id: int
    journal_id: int
    takes_in: bool


def amend(intake: Intake, same: Sequence[tuple[Version, Current]]) -> int:
    """Keep changed texts of transactions whose accounting content is the same. Returns how many had any change.

    Member, description, document date, and on anything but a reversal what it is about (`reverses`): all post nothing.
    """
    if not same:
        return 0
    stored = _stored_texts([current.id for _, current in same])
    amendments = []
    for version, current in same:
        changed_rows = _changed_rows(version, stored[current.id])
        link = (current.reverses, version.reverses)
        is_relinked = link[0] != link[1] and version.kind != "reversal"
        if changed_rows or is_relinked:
            amendments.append(_amend_one(intake, version, current, changed_rows, is_relinked))
    Amendment.objects.of(intake.club).bulk_create(amendments)
    return len(amendments)


Change = tuple[int, LegRow, LegRow]
"""A stored row's key, its texts before and after."""


def _stored_texts(transaction_ids: Sequence[int]) -> dict[int, list[tuple[int, LegRow]]]:
    rows = sql.rows_of(
        "SELECT transaction_id, id, account_type_id, item_id, job, amount_minor, tax_minor, member, description, "  # noqa: S608
        f"document_date FROM ledger_sourceline WHERE {sql.among('transaction_id')} ORDER BY transaction_id, position",
        [sql.those(transaction_ids)],
    )
    found: dict[int, list[tuple[int, LegRow]]] = defaultdict(list)
    for transaction_id, line_id, *row, document_date in rows:
        found[transaction_id].append((line_id, (*row, None if document_date is None else str(document_date))))
    return found


def _changed_rows(version: Version, stored: Sequence[tuple[int, LegRow]]) -> list[Change]:
    """Pair rows of the same accounting content, whatever their order, and give those whose texts changed."""
    if [row for _, row in stored] == list(version.rows):
        return []
    waiting: dict[LegRow, list[LegRow]] = defaultdict(list)
    for row in version.rows:
        waiting[row[:5]].append(row[5:])
    rest = []
    for line_id, row in stored:
        if row[5:] in waiting[row[:5]]:
            waiting[row[:5]].remove(row[5:])
        else:
            rest.append((line_id, row))
    return [(line_id, row[5:], waiting[row[:5]].pop(0)) for line_id, row in rest if waiting[row[:5]]]


def _amend_one(
    intake: Intake, version: Version, current: Current, changed: Sequence[Change], is_relinked: bool
) -> Amendment:
    before: dict[str, Any] = {"rows": [list(old) for _, old, _ in changed]}
    after: dict[str, Any] = {"rows": [list(new) for _, _, new in changed]}
    fields: dict[str, Any] = {}
    if changed:
        names = ("member", "description", "document_date")
        fields.update(zip(names, version.rows[0][5:], strict=True))
        sql.run_many(
            "UPDATE ledger_sourceline SET member = %s, description = %s, document_date = %s WHERE id = %s",
            [(*new, line_id) for line_id, _, new in changed],
        )
    if is_relinked:
        before["reverses"], after["reverses"] = current.reverses, version.reverses
        fields["reverses"] = version.reverses
    SourceTransaction.objects.of(intake.club).filter(pk=current.id).update(**fields)
    return Amendment(
        club=intake.club,
        transaction_id=current.id,
        of_import=intake.of_import,
        actor=intake.of_import.actor,
        at=clock.now(),
        before=json.loads(json.dumps(before)),
        after=json.loads(json.dumps(after)),
    )


def correct(intake: Intake, changed: Sequence[tuple[Version, Current]]) -> None:
    """Write a further version of each transaction and take back the earlier one; reversals of it follow."""
    while changed:
        _write_corrections(intake, changed)
        changed = _following_reversals(intake, changed)


def _write_corrections(intake: Intake, changed: Sequence[tuple[Version, Current]]) -> None:
    old_ids = [current.id for _, current in changed]
    places = _places_of(old_ids)
    legs = legs_of(old_ids)
    still_open = touch({place.journal_id for place in places.values() if place.takes_in})
    dates = {version.accounting_date for version, _ in changed}
    dates |= {
        current.accounting_date
        for _, current in changed
        if current.id in places and places[current.id].journal_id not in still_open
    }
    journals = journals_taking_in(intake.club, dates)
    sums, removed, taken_back = Sums(), [], []
    for _, current in changed:
        place = places.get(current.id)
        if place is None:
            continue
        direction = DIRECTION[current.legs_kind]
        if place.journal_id in still_open:
            sums.post(place.journal_id, direction, legs[current.id], times=-1)
            removed.append(place.posting_id)
        else:
            journal_id = journals[current.accounting_date]
            sums.post(journal_id, -direction, legs[current.id])
            taken_back.append((current.id, journal_id, -1))
    sql.run(f"DELETE FROM ledger_posting WHERE {sql.among('id')}", [sql.those(removed)])  # noqa: S608
    sql.insert("ledger_posting", sql.POSTING_COLUMNS, taken_back)
    sql.run(
        f"UPDATE ledger_sourcetransaction SET is_current = %s WHERE {sql.among('id')}",  # noqa: S608
        [False, sql.those(old_ids)],
    )
    versions = [replace(version, number=current.version + 1) for version, current in changed]
    intake.add_versions(versions, journals, sums)
    totals.write(sums)


def _places_of(transaction_ids: Iterable[int]) -> dict[int, _Place]:
    """Return where each version stands as it is (not mirrored), voided journals aside."""
    rows = sql.rows_of(
        "SELECT p.transaction_id, p.id, p.journal_id, j.state FROM ledger_posting p "  # noqa: S608 - our own names
        "JOIN ledger_journal j ON j.id = p.journal_id "
        f"WHERE {sql.among('p.transaction_id')} AND p.sign = 1 AND j.state <> 'voided'",
        [sql.those(transaction_ids)],
    )
    return {row[0]: _Place(row[1], row[2], row[3] in TAKES_IN) for row in rows}


def _following_reversals(intake: Intake, corrected: Sequence[tuple[Version, Current]]) -> list[tuple[Version, Current]]:
    """Return the further versions of live reversals whose mirrored transaction has just changed its rows."""
    targets = {version.source_id: version for version, _ in corrected}
    found = live_reversals(intake, targets)
    if not found:
        return []
    legs = legs_of(current.id for current in found)
    following = []
    for current in found:
        target = targets[current.reverses]
        rows = mirrored(target.rows)
        if current.legs_kind == target.legs_kind and sorted(legs[current.id], key=repr) == sorted(rows, key=repr):
            continue
        following.append((_as_version(current, target, rows), current))
    return following


def _as_version(current: Current, target: Version, rows: list[LegRow]) -> Version:
    text = (current.member, current.description, current.document_date)
    return Version(
        current.source_id,
        current.kind,
        target.legs_kind,
        current.accounting_date,
        current.reverses,
        current.content_hash,
        [(*row, *text) for row in rows],
    )


def live_reversals(intake: Intake, source_ids: Iterable[str]) -> list[Current]:
    """Return the current reversals of these transactions."""
    # The condition on `reverses` stands here word for word as in the partial index, so that SQLite may use it.
    rows = sql.rows_of(
        "SELECT source_id FROM ledger_sourcetransaction WHERE club_id = %s AND source = %s AND NOT (reverses = '') "  # noqa: S608
        f"AND {sql.among('reverses')} AND is_current AND kind = 'reversal'",
        [intake.club.pk, intake.source, sql.those(source_ids)],
    )
    return list(intake.current(row[0] for row in rows).values()) if rows else []
