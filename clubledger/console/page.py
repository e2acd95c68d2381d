"""The way in to every page of the console: the vendor's staff alone; for anybody else there is nothing here."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from clubledger.clubs.models import User

Rest = ParamSpec("Rest")
StaffPage = Callable[Concatenate[HttpRequest, User, Rest], HttpResponseBase]


class Entry(NamedTuple):
    """A line of the menu."""

    title: str
    link: str
    is_here: bool


def staff_page(view: StaffPage[Rest]) -> Callable[..., HttpResponseBase]:
    """Open a view to staff: it receives the person. Others get 404, who is not signed in is asked to."""

    @login_required
    @wraps(view)
    def opened(request: HttpRequest, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponseBase:
        user = request.user
        if not (isinstance(user, User) and user.is_active and user.is_staff):
            raise Http404
        return view(request, user, *args, **kwargs)

    return opened


def show(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render a page of the console in its frame."""
    pages = [
        (_("Clubs"), "console-clubs"),
        (_("Xero Apps"), "console-apps"),
        (_("Changeovers"), "console-changeovers"),
        (_("Fleet"), "console-fleet"),
        (_("API Keys"), "console-keys"),
    ]
    links = [(title, reverse(name)) for title, name in pages]
    menu = [Entry(title, link, request.path.startswith(link)) for title, link in links]
    return render(request, template, {"console_menu": menu} | context, status=status)
