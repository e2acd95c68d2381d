"""The way out of a problem: where it is mended, by whoever reads the page."""

from typing import Any

from django import template

from clubledger.web import mending

register = template.Library()


@register.simple_tag(takes_context=True)
def way_out(context: dict[str, Any], mends: str) -> tuple[str, str]:
    """Give label and address of the place that mends it; both empty where this person can do nothing about it."""
    return mending.place(context["at"], mends)
