"""Configuration → Security → Audit Trail: what everybody did and when, filtered, exported, never changed.

Events are numbered without gaps, so a page of all of them is cut out by number; a search looks through the newest and
offers to look further back. Either takes as long after ten years as after a day.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from clubledger.clubs.access import ClubAccess
from clubledger.clubs.models import AuditChain, AuditEvent, User
from clubledger.frame import exports, paging, query, sorting
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
COLUMNS = ("number",)
"""The one column that the list can be sorted by: the numbers of events are their order in time."""
AT_ONCE = 10_000
"""Events that a search looks through for one page."""
MOST_EVENTS = 999_999_999
DAYS = (MinValueValidator(date(1990, 1, 1)), MaxValueValidator(date(2100, 12, 31)))
"""The calendar's own ends have no day before or after them, which a search asks for."""
TITLES = (
    gettext_lazy("No."),
    gettext_lazy("When (UTC)"),
    gettext_lazy("Who"),
    gettext_lazy("Action"),
    gettext_lazy("Subject"),
    gettext_lazy("What"),
    gettext_lazy("Before"),
    gettext_lazy("After"),
    gettext_lazy("Hash"),
)


class Change(NamedTuple):
    """One value of what an event changed."""

    name: str
    before: str
    after: str


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
    if request.GET.get("format") in exports.FORMATS:
        return _as_file(access, _turned(request, _matching(access, asked)), request.GET["format"])
    page, further = _page(request, access, asked)
    return show(
        request,
        access,
        "web/people/audit_trail.html",
        crumbs=[(_("Configuration"), ""), (_("Security"), "")],
        page=page,
        further=further,
        sort_asked=_sort(request),
        sort_kept=sorting.asked(request, COLUMNS),
        rows=[{"event": event, "changes": changes_of(event)} for event in page.rows],
        chain=AuditChain.objects.filter(club=access.club).first(),
        people=[
            (str(person.pk), str(person))
            for person in User.objects.filter(memberships__club=access.club).order_by("name", "email")
        ],
        itself=CLUBLEDGER_ITSELF,
        areas=AREAS,
        asked={name: request.GET.get(name, "") for name in ("q", "who", "area", "from", "up_to")},
        is_filtered=any(asked.values()),
    )


def _sort(request: HttpRequest) -> str:
    return sorting.asked(request, COLUMNS, "-number")


def _turned(request: HttpRequest, rows: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """Put them into the order asked for: newest first, or oldest first."""
    return rows.order_by("position" if _sort(request) == "number" else "-position")


def _page(request: HttpRequest, access: ClubAccess, asked: dict[str, Any]) -> tuple[paging.Page, str]:
    """Give the page, and the address that looks further back; empty where everything was looked through."""
    first, last = _numbers(access, asked)
    is_oldest_first = _sort(request) == "number"
    if not any(asked.get(name) for name in ("q", "who", "area")):
        total = max(0, last - first + 1)
        number = min(query.whole_number(request.GET.get("page")), max(1, -(-total // paging.PER_PAGE)))
        before = (number - 1) * paging.PER_PAGE
        newest = min(last, first + before + paging.PER_PAGE - 1) if is_oldest_first else last - before
        oldest = first + before if is_oldest_first else max(first, newest - paging.PER_PAGE + 1)
        rows = _turned(request, AuditEvent.objects.of(access.club).filter(position__range=(oldest, newest)))
        return paging.page_made(request, rows, number=number, total=total), ""
    if is_oldest_first:
        first = max(first, query.whole_number(request.GET.get("after"), 0, MOST_EVENTS) + 1)
        reach = min(last, first + AT_ONCE - 1)
        found = _turned(request, _matching(access, asked).filter(position__range=(first, reach)))
        page = paging.page_of(request, found, total=found.order_by().count())
        return page, query.address_with(request, after=reach, page=None) if reach < last else ""
    last = min(last, query.whole_number(request.GET.get("before"), last + 1, MOST_EVENTS) - 1)
    reach = max(first, last - AT_ONCE + 1)
    found = _matching(access, asked).filter(position__range=(reach, last))
    page = paging.page_of(request, found, total=found.order_by().count())
    return page, query.address_with(request, before=reach, page=None) if reach > first else ""


def _numbers(access: ClubAccess, asked: dict[str, Any]) -> tuple[int, int]:
    """Give the numbers of the first and the last event of the days asked for; the first above the last if none is."""
    rows = AuditEvent.objects.of(access.club)
    since, until = _instants(access, asked)
    ends = (
        rows.filter(at__gte=since).order_by("at", "position") if since else rows.order_by("position"),
        rows.filter(at__lt=until).order_by("-at", "-position") if until else rows.order_by("-position"),
    )
    first, last = (end.values_list("position", flat=True).first() for end in ends)
    return (first, last) if first is not None and last is not None else (1, 0)


def _instants(access: ClubAccess, asked: dict[str, Any]) -> tuple[datetime | None, datetime | None]:
    zone = ZoneInfo(access.club.time_zone)
    from_on, up_to_on = asked.get("on_from"), asked.get("up_to")
    return (
        datetime.combine(from_on, time(), zone) if from_on else None,
        datetime.combine(up_to_on + timedelta(days=1), time(), zone) if up_to_on else None,
    )


def _matching(access: ClubAccess, asked: dict[str, Any]) -> QuerySet[AuditEvent]:
    rows = AuditEvent.objects.of(access.club).order_by("-position")
    if words := asked.get("q", ""):
        rows = rows.filter(Q(summary__icontains=words) | Q(subject__icontains=words) | Q(actor_name__icontains=words))
    who = asked.get("who", "")
    if who == CLUBLEDGER_ITSELF:
        rows = rows.filter(user=None)
    elif keys := query.keys([who]):
        rows = rows.filter(user__in=keys)
    if area := asked.get("area", ""):
        about = Q(action__startswith=area)
        for beginning in ALSO.get(area, ()):
            about |= Q(action__startswith=beginning)
        rows = rows.filter(about)
    since, until = _instants(access, asked)
    if since:
        rows = rows.filter(at__gte=since)
    if until:
        rows = rows.filter(at__lt=until)
    return rows


def changes_of(event: AuditEvent) -> list[Change]:
    """Give what an event changed, value by value: name, before, after."""
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


def _as_file(access: ClubAccess, rows: QuerySet[AuditEvent], file_format: str) -> HttpResponseBase:
    def cells() -> Iterator[tuple[Any, ...]]:
        for event in rows.iterator(chunk_size=1000):
            changes = changes_of(event)
            yield (
                event.position,
                event.at,
                event.actor_name,
                event.action,
                event.subject,
                event.summary,
                "; ".join(f"{one.name}: {one.before}" for one in changes if one.before),
                "; ".join(f"{one.name}: {one.after}" for one in changes if one.after),
                event.hash,
            )

    header = [str(title) for title in TITLES]
    return exports.download(
        file_format=file_format, name=f"audit-trail-{access.club.slug}", header=header, rows=cells()
    )
