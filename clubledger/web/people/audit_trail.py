"""Configuration → Security → Audit Trail: what everybody did and when, filtered, exported, never changed.

Events are numbered without gaps, so a page of all of them is cut out by number; a search looks through the newest and
offers to look further back. Either takes as long after ten years as after a day.
"""

from datetime import date, datetime, time, timedelta
from operator import attrgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from clubledger.clubs import audit_search, people
from clubledger.clubs.access import ClubAccess
from clubledger.clubs.models import AuditEvent
from clubledger.frame import paging, query
from clubledger.frame.lists import Column, Holds, List, Listing
from clubledger.web.page import club_page, show

AREAS = (
    ("", gettext_lazy("Everything")),
    ("sign_in.", gettext_lazy("Signing in")),
    ("security.", gettext_lazy("Passwords and second steps")),
    ("people.", gettext_lazy("People and roles")),
    ("api_key.", gettext_lazy("API keys")),
    ("xero", gettext_lazy("Connections with Xero")),
    ("journal", gettext_lazy("Journals")),
    ("import.", gettext_lazy("Imports")),
    ("mapping.", gettext_lazy("Mapping and chart")),
    ("ledger.", gettext_lazy("Balances")),
    ("changeover", gettext_lazy("Changeovers")),
    ("club.", gettext_lazy("Settings of the club")),
    ("support.", gettext_lazy("Support access")),
    ("backup.", gettext_lazy("Backups")),
)
"""How the names of actions begin, and what people call what they are about."""
ALSO = {"mapping.": ("gl_code", "job_code"), "import.": ("sample.",), "journal": ("nightly.",)}
"""Other beginnings of what is about the same."""
CLUBLEDGER_ITSELF = "0"
AT_ONCE = 10_000
"""Events that a search looks through for one page."""
MOST_EVENTS = 999_999_999
DAYS = (MinValueValidator(date(1990, 1, 1)), MaxValueValidator(date(2100, 12, 31)))
"""The calendar's own ends have no day before or after them, which a search asks for."""


class Change(NamedTuple):
    """One value of what an event changed."""

    name: str
    before: str
    after: str


def changes_of(event: AuditEvent) -> list[Change]:
    """Return what an event changed, value by value: name, before, after."""
    before = event.before if isinstance(event.before, dict) else {"": event.before}
    after = event.after if isinstance(event.after, dict) else {"": event.after}
    names = [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]
    return [Change(name.replace("_", " "), _plain(before.get(name)), _plain(after.get(name))) for name in names]


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_plain(one)}" for name, one in value.items())
    return str(value)


EVENTS = List(
    name="audit-trail",
    page="audit-trail",
    preset="-number",
    columns=(
        # The numbers of events are their order in time: there is no other to ask for.
        Column(
            key="number", title=gettext_lazy("No."), cell=attrgetter("position"), holds=Holds.NUMBER,
            order=("position",),
        ),
        Column(
            key="at", title=gettext_lazy("When"), file_title=gettext_lazy("When (UTC)"), cell=attrgetter("at"),
            holds=Holds.INSTANT,
        ),
        Column(key="who", title=gettext_lazy("Who"), cell=attrgetter("actor_name")),
        Column(key="action", title=gettext_lazy("Action"), cell=attrgetter("action"), is_on_page=False),
        Column(key="subject", title=gettext_lazy("Subject"), cell=attrgetter("subject"), is_on_page=False),
        Column(key="what", title=gettext_lazy("What"), cell=attrgetter("summary"), head_css="grows"),
        Column(
            key="before", title=gettext_lazy("Before"), is_on_page=False,
            cell=lambda event: "; ".join(f"{one.name}: {one.before}" for one in changes_of(event) if one.before),
        ),
        Column(
            key="after", title=gettext_lazy("After"), is_on_page=False,
            cell=lambda event: "; ".join(f"{one.name}: {one.after}" for one in changes_of(event) if one.after),
        ),
        Column(key="hash", title=gettext_lazy("Hash"), cell=attrgetter("hash"), is_on_page=False),
    ),
)  # fmt: skip


class Asked(forms.Form):
    """What to look for; all of it may be left out."""

    q = forms.CharField(max_length=100, required=False)
    who = forms.CharField(max_length=20, required=False)
    area = forms.ChoiceField(choices=AREAS, required=False)
    on_from = forms.DateField(required=False, validators=DAYS)
    up_to = forms.DateField(required=False, validators=DAYS)


@require_safe
@club_page()
def audit_trail(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Show the events that match, newest first unless asked otherwise, or give them as a file."""
    given = request.GET.copy()
    given["on_from"] = request.GET.get("from", "")
    form = Asked(given)
    form.is_valid()
    # What can't be read as a date or a choice is left out, as if it had not been asked for.
    asked = form.cleaned_data
    listing = EVENTS.asked(request)
    if listing.wants_file:
        wanted = _wanted(access, asked)
        return listing.file(audit_search.matching(wanted, club=access.club, oldest_first=listing.sort == "number"))
    page, further = _page(listing, access, asked)
    return show(
        request,
        access,
        "web/people/audit_trail.html",
        crumbs=[(_("Configuration"), ""), (_("Security"), "")],
        listing=listing,
        page=page,
        further=further,
        rows=[{"event": event, "changes": changes_of(event)} for event in page.rows],
        chain=audit_search.chain_of(club=access.club),
        people=[(str(person.pk), str(person)) for person in people.people_of(club=access.club)],
        itself=CLUBLEDGER_ITSELF,
        areas=AREAS,
        asked={name: request.GET.get(name, "") for name in ("q", "who", "area", "from", "up_to")},
        is_filtered=any(asked.values()),
    )


def _page(listing: Listing, access: ClubAccess, asked: dict[str, Any]) -> tuple[paging.Page, str]:
    """Return the page, and the address that looks further back; empty where everything was looked through."""
    wanted = _wanted(access, asked)
    first, last = audit_search.ends(club=access.club, since=wanted.since, until=wanted.until)
    request, is_oldest_first = listing.request, listing.sort == "number"

    def cut(numbers: tuple[int, int], wanted: audit_search.Wanted) -> Any:
        return audit_search.matching(wanted, club=access.club, numbers=numbers, oldest_first=is_oldest_first)

    if not any(asked.get(name) for name in ("q", "who", "area")):
        total = max(0, last - first + 1)
        number = min(query.whole_number(request.GET.get("page")), max(1, -(-total // paging.PER_PAGE)))
        before = (number - 1) * paging.PER_PAGE
        newest = min(last, first + before + paging.PER_PAGE - 1) if is_oldest_first else last - before
        oldest = first + before if is_oldest_first else max(first, newest - paging.PER_PAGE + 1)
        # Numbers have no gaps: nothing but them has to be asked for.
        rows = cut((oldest, newest), audit_search.Wanted())
        return paging.page_made(request, rows, number=number, total=total), ""
    if is_oldest_first:
        first = max(first, query.whole_number(request.GET.get("after"), 0, MOST_EVENTS) + 1)
        reach = min(last, first + AT_ONCE - 1)
        found = cut((first, reach), wanted)
        page = paging.page_of(request, found, total=found.count())
        return page, query.address_with(request, after=reach, page=None) if reach < last else ""
    last = min(last, query.whole_number(request.GET.get("before"), last + 1, MOST_EVENTS) - 1)
    reach = max(first, last - AT_ONCE + 1)
    found = cut((reach, last), wanted)
    page = paging.page_of(request, found, total=found.count())
    return page, query.address_with(request, before=reach, page=None) if reach > first else ""


def _wanted(access: ClubAccess, asked: dict[str, Any]) -> audit_search.Wanted:
    zone = ZoneInfo(access.club.time_zone)
    from_on, up_to_on = asked.get("on_from"), asked.get("up_to")
    who, area = asked.get("who", ""), asked.get("area", "")
    return audit_search.Wanted(
        text=asked.get("q", ""),
        user_ids=query.keys([who]),
        by_itself=who == CLUBLEDGER_ITSELF,
        actions=(area, *ALSO.get(area, ())) if area else (),
        since=datetime.combine(from_on, time(), zone) if from_on else None,
        until=datetime.combine(up_to_on + timedelta(days=1), time(), zone) if up_to_on else None,
    )
