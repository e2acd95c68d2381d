"""Security headers of every answer: a strict content policy without inline script or style, and nothing cached."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

CONTENT_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()"


class SecurityHeaders:
    """Adds the headers that Django's own middleware does not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the headers."""
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", CONTENT_POLICY)
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        # Django's own middleware for it stands further in: refusals and files of the ones before it lack it.
        response.setdefault("X-Frame-Options", "DENY")
        # A club's figures must not stay behind in a shared browser after signing out.
        response.setdefault("Cache-Control", "no-store")
        return response
