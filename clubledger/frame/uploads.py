"""Refuses what is too big to be anybody's file before a byte of it is read."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render


class UploadsLimited:
    """Middleware: a request that says it is bigger than the limit is answered 413. Without a length nothing is read.

    Who is not signed in has no file to bring: a big one of theirs leads to signing in. The token of a form stands in
    its body, so that the check of it would otherwise write a stranger's file to this machine's disk.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or refuse."""
        given = request.META.get("CONTENT_LENGTH") or "0"
        # A number of twenty digits is more than any limit, and need not be read.
        length = int(given[:20]) if given.isascii() and given.isdigit() else 0
        if length > settings.UPLOAD_MEGABYTES * 1_000_000:
            return render(request, "413.html", {"megabytes": settings.UPLOAD_MEGABYTES}, status=413)
        is_file = request.content_type == "multipart/form-data"
        if is_file and length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE and not request.user.is_authenticated:
            return redirect("sign-in")
        return self.get_response(request)
