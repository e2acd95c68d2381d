"""Finds Xero's own buttons, unaltered, where the operator has put them into the folder that the settings name."""

from pathlib import Path

from django import template
from django.conf import settings
from django.templatetags.static import static

register = template.Library()
KINDS = ("svg", "png")


@register.simple_tag
def xero_picture(name: str) -> str:
    """Return the address of the picture called connect, disconnect or sign-in; empty where there is none."""
    if not settings.XERO_BUTTONS:
        return ""
    found = (f"{name}.{kind}" for kind in KINDS if (Path(settings.XERO_BUTTONS) / f"{name}.{kind}").is_file())
    file = next(found, "")
    return static(f"xero/{file}") if file else ""
