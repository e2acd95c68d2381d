"""Refuses what is too big to be anybody's file before a byte of it is read."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render


class UploadsLimited:
    """Middleware: a request that says it is bigger than the limit is answered 413. Without a length nothing is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or refuse."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isascii() and length.isdigit() and int(length) > settings.UPLOAD_MEGABYTES * 1_000_000:
            return render(request, "413.html", {"megabytes": settings.UPLOAD_MEGABYTES}, status=413)
        return self.get_response(request)
