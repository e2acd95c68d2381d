"""History and notes of a manual journal."""

from __future__ import annotations

from xero_simulator.call import Call
from xero_simulator.errors import ValidationError
from xero_simulator.model import HistoryOf, HistoryRecord
from xero_simulator.submissions import Fields, read_elements
from xero_simulator.wire import ms_instant
from xero_simulator.world import World

LONGEST_NOTE = 2_500


def record(world: World, journal_id: str, changes: str, details: str, user: str = "System Generated") -> HistoryRecord:
    """Add an entry to a journal's history."""
    history = world.store.histories.get(journal_id) or HistoryOf([])
    entry = HistoryRecord(changes, details, user, world.now())
    history.records.append(entry)
    world.store.histories.put(journal_id, history)
    return entry


def _row(entry: HistoryRecord) -> dict[str, object]:
    return {
        "Changes": entry.changes,
        "DateUTCString": f"{entry.at:%Y-%m-%d %H:%M:%S}",
        "DateUTC": ms_instant(entry.at),
        "User": entry.user,
        "Details": entry.details,
    }


def read(call: Call) -> dict[str, object]:
    """Answer `GET …/History`, newest first."""
    history = call.world.store.histories.get(call.journal().journal_id) or HistoryOf([])
    return {"HistoryRecords": [_row(entry) for entry in reversed(history.records)]}


def add(call: Call) -> dict[str, object]:
    """Answer `PUT …/History`: notes of up to 2,500 characters, which nothing can change or delete."""
    journal = call.journal()
    elements = read_elements(call.request.body, "HistoryRecords", "HistoryRecord")
    notes = [Fields(item, f"HistoryRecords[{place}]").text("Details") or "" for place, item in enumerate(elements)]
    bad: list[dict[str, object]] = []
    for note in notes:
        if not note.strip():
            bad.append({"Details": note, "ValidationErrors": [{"Message": "Details is required."}]})
        elif len(note) > LONGEST_NOTE:
            text = f"Details cannot be more than {LONGEST_NOTE} characters."
            bad.append({"Details": note, "ValidationErrors": [{"Message": text}]})
    if bad:
        raise ValidationError(bad)
    rows = []
    for note in notes:
        entry = record(call.world, journal.journal_id, "Note", note)
        row = _row(entry)
        rows.append({key: row[key] for key in ("DateUTCString", "DateUTC", "Details")} | {"ValidationErrors": []})
    return {"HistoryRecords": rows}
