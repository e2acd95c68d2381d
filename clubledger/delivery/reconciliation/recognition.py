"""Which of the manual journals in Xero are ours, and whose each is.

By the reference in the narration. Anybody can retype that in Xero, so then by Xero's id, where it told us, and by the
address in `Url`, where it didn't.
"""

import json
import re
from collections.abc import Sequence

from clubledger.clubs.models import Club
from clubledger.delivery.models import Delivery
from clubledger.delivery.reference import REVERSAL_PREFIX, reference_in
from clubledger.xero.http.answers import ManualJournal

_ADDRESS = re.compile(r"/gl/journals/([0-9]{1,18})/?$")


def ours_among(club: Club, changed: Sequence[ManualJournal]) -> list[tuple[str, ManualJournal]]:
    """Return the manual journals that are the club's own, each with its reference."""
    ours = []
    nameless = []
    for found in changed:
        reference = reference_in(found.narration, club.mark)
        if reference:
            ours.append((reference, found))
        else:
            nameless.append(found)
    if not nameless:
        return ours
    known = _references_by_id(club, nameless)
    ours += [(known[found.journal_id], found) for found in nameless if found.journal_id in known]
    return ours + _on_their_way(club, [found for found in nameless if found.journal_id not in known])


def _references_by_id(club: Club, nameless: Sequence[ManualJournal]) -> dict[str, str]:
    found: dict[str, str] = {}
    ids = [one.journal_id for one in nameless]
    for start in range(0, len(ids), 500):
        rows = Delivery.objects.of(club).filter(xero_journal_id__in=ids[start : start + 500])
        found.update(rows.values_list("xero_journal_id", "reference"))
    return found


def _on_their_way(club: Club, strangers: Sequence[ManualJournal]) -> list[tuple[str, ManualJournal]]:
    """Return those that bear the address of a journal that may have reached Xero without our hearing of its id."""
    by_journal: dict[int, list[ManualJournal]] = {}
    for found in strangers:
        match = _ADDRESS.search(found.url)
        if match and not found.narration.startswith(REVERSAL_PREFIX):
            by_journal.setdefault(int(match.group(1)), []).append(found)
    if not by_journal:
        return []
    live = Delivery.objects.of(club).filter(closed_at=None, xero_journal_id="", journal_id__in=list(by_journal))
    ours = []
    for delivery in live:
        url = json.loads(bytes(delivery.payload))["Url"]
        for found in by_journal[delivery.journal_id]:
            # After a restored backup another journal may have had this number: one never sent must agree in its date.
            is_it = delivery.first_sent_at is not None or found.date == delivery.dated_on
            if is_it and url == found.url:
                ours.append((delivery.reference, found))
    return ours
