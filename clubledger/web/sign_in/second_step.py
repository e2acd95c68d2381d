"""Holds whoever may send journals at setting up a second step before they see anything else."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from clubledger.clubs import sign_in
from clubledger.clubs.models import User

LEFT_ALONE = (
    "account_",
    "mfa_",
    "invitation",
    "accept-invitation",
    "sign-out",
    "sign-in",
    "security",
    "choose-language",
    "healthz",
    "metrics",
    "readyz",
)
"""Names of addresses that need no second step: those that lead to one, and out."""


class SecondStepRequired:
    """The middleware; it stands after the one that says who is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on; `process_view` may have answered it."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponseBase | None:
        """Lead to the person's security page instead, where one is needed and missing."""
        person = request.user
        match = request.resolver_match
        if not isinstance(person, User) or match is None or (match.url_name or "").startswith(LEFT_ALONE):
            return None
        if not sign_in.needs_second_step(person) or sign_in.has_second_step(request, person):
            return None
        return redirect("security")
