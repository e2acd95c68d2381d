"""What the address of GL Integration asks for: days, states, order; and which journals a form has selected."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from clubledger.clubs.access import ClubAccess
from clubledger.frame import query
from clubledger.frame.query import read_day
from clubledger.ledger.journals import overview
from clubledger.ledger.models import Journal
from clubledger.web.journals.columns import JOURNALS

SHOWS: Mapping[str, Any] = {
    "unsent": _("Not in Xero"),
    "help": _("Needs your help"),
    "empty": _("Empty"),
    "queued": _("On their way"),
    "sent": _("Sent"),
    "recorded": _("Recorded"),
    "all": _("All"),
}
"""What the filters of the list are called."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The days and the filter that a listing of journals is about, and its order."""

    access: ClubAccess
    from_on: date
    up_to_on: date
    show: str
    sort: str = ""

    @classmethod
    def from_query(cls, access: ClubAccess, given: QueryDict, preset: tuple[date, date] | None = None) -> "Asked":
        """Read it from an address or a form; what is missing or unreadable takes the preset, if need be looked up."""
        only, sort = read_day(given.get("on")), given.get("sort", "")
        sort = sort if sort.removeprefix("-") in JOURNALS.orders else ""
        if only is not None:
            return cls(access, only, only, "all", sort)
        from_on, up_to_on = read_day(given.get("from")), read_day(given.get("up_to"))
        if from_on is None or up_to_on is None:
            preset_from, preset_up_to = preset or overview.default_range(club=access.club)
            from_on, up_to_on = from_on or preset_from, up_to_on or preset_up_to
        show = given.get("show", "")
        return cls(access, min(from_on, up_to_on), max(from_on, up_to_on), show if show in SHOWS else "unsent", sort)

    @property
    def days(self) -> QuerySet[Journal]:
        """All journals of the days, in whatever state."""
        return overview.select(club=self.access.club, from_on=self.from_on, up_to_on=self.up_to_on)

    @property
    def matching(self) -> QuerySet[Journal]:
        """The journals that match days and filter."""
        return overview.matching(self.days, shown=self.show)

    @property
    def ordered(self) -> QuerySet[Journal]:
        """The same in the order asked for."""
        return overview.listed(self.matching, JOURNALS.fields_of(self.sort) if self.sort else ())

    @property
    def choosable(self) -> QuerySet[Journal]:
        """Those of the matching that can be ticked: not frozen, not done, not before the cut-over."""
        return overview.choosable(self.days, shown=self.show, club=self.access.club)

    def address(self, **more: str) -> str:
        """Return the query that shows the same again."""
        return "?" + urlencode(dict(self.hidden()) | more)

    def hidden(self) -> list[tuple[str, str]]:
        """Return the same as hidden fields of a form."""
        days = [("from", self.from_on.isoformat()), ("up_to", self.up_to_on.isoformat()), ("show", self.show)]
        return [*days, ("sort", self.sort)] if self.sort else days


@dataclass(frozen=True, slots=True)
class Selection:
    """The journals a form has selected, read afresh, and what the person had been told about them."""

    asked: Asked
    ids: list[int]
    count: int
    debit_minor: int
    transactions: int
    first_on: date | None
    last_on: date | None
    is_all: bool
    is_as_said: bool

    @classmethod
    def from_form(cls, request: HttpRequest, access: ClubAccess) -> "Selection":
        """Read ticked rows, or "all that match" as the server sees it now."""
        form = request.POST
        asked = Asked.from_query(access, form)
        is_all = form.get("all") == "1"
        rows = (
            asked.choosable
            if is_all
            else overview.of_keys(club=access.club, journal_ids=query.keys(form.getlist("journal")))
        )
        chosen = overview.sizes_of(rows)
        minor = sum(row[1] for row in chosen)
        said = (form.get("said_count", ""), form.get("said_minor", ""))
        return cls(
            asked=asked,
            ids=[row[0] for row in chosen],
            count=len(chosen),
            debit_minor=minor,
            transactions=sum(row[2] for row in chosen),
            first_on=chosen[0][3] if chosen else None,
            last_on=chosen[-1][3] if chosen else None,
            is_all=is_all,
            is_as_said=said == (str(len(chosen)), str(minor)),
        )

    def hidden(self) -> list[tuple[str, str]]:
        """Return the selection as hidden fields, with what is being said of it now."""
        chosen = [("all", "1")] if self.is_all else [("journal", str(pk)) for pk in self.ids]
        return [
            *self.asked.hidden(),
            *chosen,
            ("said_count", str(self.count)),
            ("said_minor", str(self.debit_minor)),
        ]
