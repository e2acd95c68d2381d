"""Answers 400 where an address or a form holds what the database can't take, such as the character NUL in a search."""

from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render


class UnstorableRefused:
    """Middleware: PostgreSQL's refusal of a value is the asker's mistake, not ours. Nothing was written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """Say so, if that is what went wrong."""
        return render(request, "400.html", status=400) if isinstance(error, DataError) else None
