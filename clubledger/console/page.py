"""The way in to every page of the console: the vendor's staff alone; for anybody else there is nothing here."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from clubledger.clubs.models import User
from clubledger.console.pages import ADDRESSES
from clubledger.frame import pages

Rest = ParamSpec("Rest")
StaffPage = Callable[Concatenate[HttpRequest, User, Rest], HttpResponseBase]


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
    menu = pages.menu(ADDRESSES, request.path)[0].entries
    return render(request, template, {"console_menu": menu} | context, status=status)
