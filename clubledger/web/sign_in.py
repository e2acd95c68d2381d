"""The way from the front door to a club."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from clubledger.clubs import access
from clubledger.clubs.models import Role
from clubledger.web.doors import person


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponseBase:
    """Lead to the person's club, or let them choose."""
    user = person(request)
    clubs = access.clubs_of(user)
    if user.is_staff and not clubs:
        return redirect("console")
    if len(clubs) == 1:
        return redirect("gl", clubs[0].club.slug)
    entries = [{"club": at.club, "role": Role(at.role).label} for at in clubs]
    return render(request, "web/home.html", {"entries": entries, "is_staff": user.is_staff})
