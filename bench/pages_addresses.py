"""Every address of the club's pages, out of the register: a page that is new tomorrow is measured tomorrow.

Numbers in addresses are filled in with rows of the club; the states that the register names, and what a page links to
on itself (filters, orders, the next page, an opened line) are asked for too, and below stand the questions that cost
most. Django must be set up.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from html import unescape
from itertools import product
from typing import Any
from urllib.parse import parse_qsl

from django.apps import apps

import clubledger.web.pages
from bench import pages_size
from clubledger.clubs.models import Club
from clubledger.frame.pages import Action, Answer, Page
from clubledger.ledger.models import Journal
from tools import addresses

NAMED = {"run": "SendRun", "request": "AuthorisationRequest", "key": "ApiKey", "transaction": "SourceTransaction",
         "code": "GLCode", "job": "JobCode"}  # fmt: skip
"""Examples that are not called as their model is."""

MOST_LINKS = 8
"""Of a page's links to itself: one of each kind of question, up to so many."""

_ALL_DAYS = f"from={pages_size.HISTORY_FROM}&up_to={pages_size.LAST_ON}"
_UNSENT = f"from={pages_size.UNSENT_FROM}&up_to={pages_size.LAST_ON}"
_HISTORY = f"from={pages_size.HISTORY_FROM}&up_to={pages_size.UNSENT_FROM}"
VARIANTS: Mapping[str, list[str]] = {
    "gl": [
        f"{_UNSENT}&show=unsent", f"{_UNSENT}&show=unsent&ticked=all", f"{_UNSENT}&show=unsent&page=2",
        f"{_ALL_DAYS}&show=all", f"{_ALL_DAYS}&show=all&page=30", f"{_ALL_DAYS}&show=all&page=9999",
        f"{_ALL_DAYS}&show=sent", f"{_ALL_DAYS}&show=all&sort=-debit", f"{_ALL_DAYS}&show=all&sort=state",
        f"{_UNSENT}&show=help", f"{_UNSENT}&show=empty", f"{_ALL_DAYS}&show=queued", f"on={pages_size.WIDE_ON}",
        "strip=2020-06-30",
    ],
    "transactions": [
        *(f"{days}&{asked}"
          for days in (_ALL_DAYS, _HISTORY)
          for asked in ("", "page=2", "page=100", "page=9999", "q=membership", "q=1234", "q=nothing+like+it",
                        "q=invoice", "q=W0300", "kind=prize", "kind=dishonour", "posted=yes", "posted=no",
                        "kind=transfer&posted=no&q=gateway")),
        "q=W0300-000123", "q=SUBS-00001",
        f"from={pages_size.SUBSCRIPTIONS_ON}&up_to={pages_size.SUBSCRIPTIONS_ON}&page=80",
        "import=1", "import=300", "import=784", "import=99999999",
    ],
    "audit-trail": [
        "page=2", "page=1500", "page=99999", "q=nothing+like+it", "q=journal", "who=0", "who=1", "who=5",
        "area=mapping.",
        "area=changeover", "from=2024-01-01&up_to=2024-12-31", "from=2024-01-01&up_to=2024-12-31&q=19999th",
        "from=2030-01-01",
    ],
    "import": ["page=2", "page=150", "page=9999"],
    "imports": ["page=2", "page=30"],
    "send-runs": ["page=2", "page=12"],
    "charges": [
        "page=2", "page=8", "q=charge", "q=nothing", "unmapped=1", "item=NEW01", "gl_code=200", "tax_type=OUTPUT",
    ],
    "gl-codes": ["page=2", "q=income", "code=200"],
    "job-codes": ["q=golf", "code=Golf+1"],
    "journal": ["line=all", "line=all&page=2", "line=all&page=80", "page=2"],
}  # fmt: skip
"""Questions beside those that the pages themselves link to."""


def asked() -> Iterator[tuple[str, str]]:
    """Yield (name, address) of every page and part of a page of the club's door, each with its numbers filled in."""
    for entry in clubledger.web.pages.ADDRESSES:
        is_for_programs = isinstance(entry, Answer) and entry.what == clubledger.web.pages.PROGRAM
        if isinstance(entry, Action) or is_for_programs:
            continue
        names = list(addresses.examples_of(entry).values())
        for values in product(*map(_values, names)):
            yield entry.name, addresses.address_of(entry, dict(zip(names, values, strict=True)))


def _values(example: str) -> list[Any]:
    """Return what can stand for a parameter of an address: the telling rows of the club."""
    if example == "slug":
        return [pages_size.SLUG]
    if example in addresses.EVERYWHERE:
        return [addresses.EVERYWHERE[example]]
    club = Club.objects.get(slug=pages_size.SLUG)
    if example.partition("_")[0] == "journal":
        return _journals(club)
    model = _model_of(example)
    if model is None:
        return []
    rows = model.objects.of(club) if hasattr(model, "club_id") and hasattr(model.objects, "of") else model.objects.all()
    if example == "import":
        biggest = [rows.order_by(order).values_list("pk", flat=True)[0] for order in ("-rows_refused", "-rows_done")]
        return [*biggest, rows.order_by("pk").values_list("pk", flat=True)[300]]
    if example == "transaction":
        corrected = rows.filter(source="file", source_id__in=["SUBS-00001", "SUBS-00250", "REV-00250", "WIDE-00007"])
        return list(corrected.values_list("pk", flat=True))
    first, last = rows.order_by("pk").first(), rows.order_by("-pk").first()
    return sorted({row.pk for row in (first, last) if row is not None}) or [1]


def _journals(club: Club) -> list[int]:
    rows = Journal.objects.of(club)
    states = rows.order_by().values_list("state", flat=True).distinct()
    one_of_each = [rows.filter(state=state).order_by("-transaction_count")[0].pk for state in states]
    big = rows.filter(accounting_date__in=[pages_size.SUBSCRIPTIONS_ON, pages_size.WIDE_ON]).values_list(
        "pk", flat=True
    )
    return sorted({*one_of_each, *big})


def _model_of(example: str) -> Any:
    wanted = NAMED.get(example, example).lower()
    for model in apps.get_models():
        if model.__name__.lower() == wanted:
            return model
    print(f"bench/pages_addresses.py does not know what the example {example!r} names; left out", file=sys.stderr)
    return None


def questions_on(name: str, address: str, html: str) -> Iterator[str]:
    """Yield the address with the questions that cost most, and with those that its page links to."""
    entry = addresses.BY_NAME[name]
    states = entry.states.values() if isinstance(entry, Page) else ()
    for query in (*VARIANTS.get(name, []), *states):
        yield f"{address}?{query}"
    kinds: set[tuple[Any, ...]] = set()
    for found in re.findall(r'href="([^"]*)\?([^"#]+)', html):
        path, query = unescape(found[0]), unescape(found[1])
        asked = parse_qsl(query, keep_blank_values=True)
        kind = tuple((key, value if key in {"show", "sort", "ticked"} else "") for key, value in asked)
        if path in {"", address} and "format" not in dict(asked) and kind not in kinds and len(kinds) < MOST_LINKS:
            kinds.add(kind)
            yield f"{address}?{query}"
