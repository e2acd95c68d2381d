"""Every address of the club's pages, out of the URL configuration: a page that is new tomorrow is measured tomorrow.

Numbers in addresses are filled in with rows of the club; what a page links to on itself (filters, orders, the next
page, an opened line) is asked for too, and below stand the questions that cost most.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

from bench import pages_world

ELSEWHERE = ("api/", "console/", "styleguide/", "static/", "healthz", "readyz")
"""Not pages of a club: the API, the vendor's console, the style page."""

NAMED = {"run": "SendRun", "request": "AuthorisationRequest", "key": "ApiKey", "transaction": "SourceTransaction",
         "session": "UserSession", "code": "GLCode"}  # fmt: skip
"""Numbers in addresses that are not called as their model is."""

TEXTS: Mapping[str, list[Any]] = {
    "token": ["no-such-token"], "provider_id": ["company"], "uidb36": ["1"], "key": ["no-such-key"], "pk": [1],
    "page": ["charges"],
}  # fmt: skip

MOST_LINKS = 8
"""Of a page's links to itself: one of each kind of question, up to so many."""

_ALL_DAYS = f"from={pages_world.HISTORY_FROM}&up_to={pages_world.LAST_ON}"
_UNSENT = f"from={pages_world.UNSENT_FROM}&up_to={pages_world.LAST_ON}"
_HISTORY = f"from={pages_world.HISTORY_FROM}&up_to={pages_world.UNSENT_FROM}"
VARIANTS: Mapping[str, list[str]] = {
    "gl": [
        f"{_UNSENT}&show=unsent", f"{_UNSENT}&show=unsent&ticked=all", f"{_UNSENT}&show=unsent&page=2",
        f"{_ALL_DAYS}&show=all", f"{_ALL_DAYS}&show=all&page=30", f"{_ALL_DAYS}&show=all&page=9999",
        f"{_ALL_DAYS}&show=sent", f"{_ALL_DAYS}&show=all&sort=-debit", f"{_ALL_DAYS}&show=all&sort=state",
        f"{_UNSENT}&show=help", f"{_UNSENT}&show=empty", f"{_ALL_DAYS}&show=queued", f"on={pages_world.WIDE_ON}",
        "strip=2020-06-30",
    ],
    "transactions": [
        *(f"{days}&{asked}"
          for days in (_ALL_DAYS, _HISTORY)
          for asked in ("", "page=2", "page=100", "page=9999", "q=membership", "q=1234", "q=nothing+like+it",
                        "q=invoice", "q=W0300", "kind=prize", "kind=dishonour", "posted=yes", "posted=no",
                        "kind=transfer&posted=no&q=gateway")),
        "q=W0300-000123", "q=SUBS-00001",
        f"from={pages_world.SUBSCRIPTIONS_ON}&up_to={pages_world.SUBSCRIPTIONS_ON}&page=80",
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


def addresses() -> Iterator[tuple[str, str]]:
    """Give (name, address) of every GET address outside API and console, each with its numbers filled in."""
    from django.urls import get_resolver

    yield from _of(get_resolver().url_patterns, "", {})


def _of(patterns: Any, before: str, known: Mapping[str, Any]) -> Iterator[Any]:
    from django.urls import NoReverseMatch, URLResolver, reverse

    for pattern in patterns:
        route = before + str(pattern.pattern)
        converters = {**known, **pattern.pattern.converters}
        if hasattr(pattern.pattern, "regex") and not pattern.pattern.converters:
            converters |= dict.fromkeys(pattern.pattern.regex.groupindex)
        if route.startswith(ELSEWHERE):
            continue
        if isinstance(pattern, URLResolver):
            yield from _of(pattern.url_patterns, route, converters)
            continue
        for values in _fillings(list(converters)):
            try:
                yield pattern.name, reverse(pattern.name, kwargs=values)
            except NoReverseMatch as error:
                raise RuntimeError(f"{route}: {error}") from error


def _fillings(names: list[str]) -> Iterator[dict[str, Any]]:
    filled: list[dict[str, Any]] = [{}]
    for name in names:
        filled = [{**one, name: value} for one in filled for value in _values(name)]
    yield from filled


def _values(name: str) -> list[Any]:
    """Give what can stand for a parameter of an address: the telling rows of the club."""
    from clubledger.clubs.models import Club

    if name == "slug":
        return [pages_world.SLUG]
    if name in TEXTS:
        return TEXTS[name]
    club = Club.objects.get(slug=pages_world.SLUG)
    if name == "journal_id":
        return _journals(club)
    model = _model_of(name)
    if model is None:
        return []
    rows = model.objects.of(club) if hasattr(model, "club_id") and hasattr(model.objects, "of") else model.objects.all()
    if name == "import_id":
        biggest = [rows.order_by(order).values_list("pk", flat=True)[0] for order in ("-rows_refused", "-rows_done")]
        return [*biggest, rows.order_by("pk").values_list("pk", flat=True)[300]]
    if name == "transaction_id":
        corrected = rows.filter(source="file", source_id__in=["SUBS-00001", "SUBS-00250", "REV-00250", "WIDE-00007"])
        return list(corrected.values_list("pk", flat=True))
    first, last = rows.order_by("pk").first(), rows.order_by("-pk").first()
    return sorted({row.pk for row in (first, last) if row is not None}) or [1]


def _journals(club: Any) -> list[int]:
    from clubledger.ledger.models import Journal

    rows = Journal.objects.of(club)
    states = rows.order_by().values_list("state", flat=True).distinct()
    one_of_each = [rows.filter(state=state).order_by("-transaction_count")[0].pk for state in states]
    big = rows.filter(accounting_date__in=[pages_world.SUBSCRIPTIONS_ON, pages_world.WIDE_ON]).values_list(
        "pk", flat=True
    )
    return sorted({*one_of_each, *big})


def _model_of(name: str) -> Any:
    from django.apps import apps

    what = name.removesuffix("_id")
    wanted = NAMED.get(what, what.replace("_", "")).lower()
    for model in apps.get_models():
        if model.__name__.lower() == wanted:
            return model
    print(f"bench/pages_asked.py does not know what <{name}> in an address names; left out", file=sys.stderr)
    return None


def questions_on(name: str, address: str, html: str) -> Iterator[str]:
    """Give the address with the questions that cost most, and with those that its page links to."""
    for query in VARIANTS.get(name, []):
        yield f"{address}?{query}"
    kinds: set[tuple[Any, ...]] = set()
    for found in re.findall(r'href="([^"]*)\?([^"#]+)', html):
        path, query = unescape(found[0]), unescape(found[1])
        asked = parse_qsl(query, keep_blank_values=True)
        kind = tuple((key, value if key in {"show", "sort", "ticked"} else "") for key, value in asked)
        if path in {"", address} and "format" not in dict(asked) and kind not in kinds and len(kinds) < MOST_LINKS:
            kinds.add(kind)
            yield f"{address}?{query}"
