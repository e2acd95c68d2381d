"""Draws the fields of forms that come from elsewhere in the way of our own. They only present."""

from allauth.mfa.adapter import get_adapter
from allauth.socialaccount.adapter import get_adapter as get_single_sign_on
from django import template
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag(takes_context=True)
def single_sign_on(context: dict[str, HttpRequest]) -> list[object]:
    """Return the providers of single sign-on that the settings name."""
    return list(get_single_sign_on().list_providers(context["request"]))


@register.filter
def drawn(address: str) -> SafeString:
    """Draw a QR code as part of the page; an image of its own would need an address that holds the secret."""
    svg: str = get_adapter().build_totp_svg(address)
    return mark_safe(svg[svg.index("<svg") :])  # noqa: S308 - drawn by our own library from our own address
