"""Filters and tags that pages share: amounts, dates, icons, states, heads that sort. They only present."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clubledger.foundation.phrasebook import in_readers_words
from clubledger.frame import formats
from clubledger.frame.lists import Head, Listing
from clubledger.frame.query import address_with
from clubledger.frame.states import state_shown

register = template.Library()
register.filter("in_readers_words", in_readers_words)


@register.simple_tag
def entry(field: BoundField, autofocus: bool = False) -> SafeString:
    """Draw a field's input, with the focus where it is the first of its form that is to mend.

    Without the placeholder that forms from elsewhere have: it would say the label twice.
    """
    first_faulty = next((one.name for one in field.form if one.errors), None)
    field.field.widget.attrs.pop("placeholder", None)
    has_focus = field.name == first_faulty if first_faulty else autofocus
    return field.as_widget(attrs={"autofocus": True} if has_focus else None)


@register.filter
def named(key: str, names: dict[str, Any]) -> Any:
    """Return the name of a key, or the key where it has none."""
    return names.get(key, key)


@register.filter
def money(amount: Decimal | int | None) -> str:
    """Write an amount: 14,087.60."""
    return formats.money(amount)


@register.filter
def debit(amount: Decimal | None) -> str:
    """Write an amount that debits (is positive); nothing for any other."""
    return formats.money(amount) if amount is not None and amount > 0 else ""


@register.filter
def credit(amount: Decimal | None) -> str:
    """Write an amount that credits (is negative), without its sign; nothing for any other."""
    return formats.money(-amount) if amount is not None and amount < 0 else ""


@register.filter
def size(amount: Decimal | None) -> str:
    """Write an amount without its sign."""
    return "" if amount is None else formats.money(abs(amount))


@register.filter
def minor(amount_minor: int | None) -> str:
    """Write minor units as an amount."""
    return formats.minor(amount_minor)


@register.filter
def number(value: int | None) -> str:
    """Write a count: 1,822."""
    return formats.count(value)


@register.filter
def day(on: date | None) -> str:
    """Write a date with its weekday."""
    return formats.day(on)


@register.filter
def short_day(on: date | None) -> str:
    """Write a date without its weekday."""
    return formats.short_day(on)


@register.filter
def instant(at: datetime | None, zone: str = "UTC") -> str:
    """Write an instant in a time zone."""
    return formats.instant(at, zone)


@register.filter
def clock_time(at: datetime | None, zone: str = "UTC") -> str:
    """Write the time of day of an instant in a time zone."""
    return formats.clock_time(at, zone)


@register.filter
def time_left(remaining: float | None) -> str:
    """Write roughly how long something will still take."""
    return formats.seconds(remaining)


@register.simple_tag
def own_names_of_languages() -> list[tuple[str, str]]:
    """Return each language with what it calls itself, whatever the page speaks."""
    return list(settings.LANGUAGES)


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon of the sprite that every page carries."""
    # Rows have one each: a template would take five times as long as these words (75 µs and 16 µs).
    return format_html('<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag
def state(name: str, word: str = "") -> SafeString:
    """Show a state: icon and word, never colour alone."""
    return state_shown(name, word)


@register.simple_tag(takes_context=True)
def here_with(context: dict[str, Any], **changes: str | int | None) -> str:
    """Return the present address's query with some parameters changed."""
    return address_with(context["request"], **changes)


@register.inclusion_tag("frame/kept.html", takes_context=True)
def kept(context: dict[str, Any], *names: str) -> dict[str, Any]:
    """Keep parameters of the present address, such as the order, in a form that asks for the page again."""
    given = ((name, context["request"].GET.get(name, "")) for name in names)
    return {"kept": [one for one in given if one[1]]}


@register.inclusion_tag("frame/sort.html", takes_context=True)
def sort(
    context: dict[str, Any], column: str, title: str, numeric: bool = False, *, by: str = "sort", page: str = "page",
    anchor: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Show a column's head that sorts the table by it, and says which way it stands.

    A page that has a preset order tells what it came to as `sort_asked`. Where it has several tables, `by` and `page`
    name the parameters of this one, and its order is told as `<by>_asked`; `<by>_is_off` leaves a head alone.
    `anchor` leads on to where the table stands, such as `#behind`.
    """
    current = context.get(f"{by}_asked", context["request"].GET.get(by, ""))
    turned = f"-{column}" if current == column else column
    direction = {column: "ascending", f"-{column}": "descending"}.get(current, "none")
    link = "" if context.get(f"{by}_is_off") else address_with(context["request"], **{by: turned, page: None}) + anchor
    return {"title": title, "link": link, "direction": direction, "numeric": numeric}


@register.inclusion_tag("frame/heads.html")
def heads(listing: Listing) -> dict[str, Iterator[Head]]:
    """Show the heads of a list: what each column is called, and the way to order by it."""
    return {"heads": listing.heads}
