"""What a long enough run must have hit: every fault of the kit, every crash point of delivery, every state."""

import re
from pathlib import Path

import clubledger.delivery
from clubledger.ledger.models import JournalState
from tests.chaos.events import EVENTS
from xero_simulator.faults import PRESETS

_POINT = re.compile(r'crash\.point\("([^"]+)"\)')


def crash_points() -> list[str]:
    """Return the name of every crash point in the room, found in its source."""
    room = Path(clubledger.delivery.__file__).parent
    return sorted({name for path in room.rglob("*.py") for name in _POINT.findall(path.read_text("utf-8"))})


def everything(*, with_processes: bool = False) -> list[str]:
    """Return every key of the histogram that must not be nought."""
    ends = (JournalState.SENT, JournalState.RECORDED, JournalState.VOIDED)
    return [
        *(f"fault:{name}" for name in sorted(PRESETS)),
        *(f"point:{name}" for name in crash_points()),
        *(f"died:{name}" for name in crash_points()),
        *(f"event:{event.__name__}" for event, _ in EVENTS),
        *(f"state:{state}" for state in ends),
        *(f"passed:{state}" for state in JournalState.values),
        "settled by a person",
        *(["kill -9"] if with_processes else []),
        "died:at a statement",
        "meanwhile",
        "restored",
    ]
