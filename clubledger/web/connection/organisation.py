"""Changing the club's organisation in Xero: what that does is shown first, and nothing may be in flight."""

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from clubledger.changeover import organisation
from clubledger.clubs.access import ClubAccess, Permission
from clubledger.frame import formats
from clubledger.web.page import club_page, general_ledger_trail, link_to, show


@require_http_methods(["GET", "HEAD", "POST"])
@club_page(Permission.UNDO)
def change_organisation(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Show what letting go of the organisation does, or why it can't be now; then do it with a reason."""
    seen = organisation.foresee(club=access.club)
    reason = request.POST.get("reason", "")
    if request.method == "POST" and reason.strip():
        try:
            number = organisation.change_organisation(club=access.club, actor=access.user, reason=reason)
        except organisation.OrganisationStays as error:
            messages.error(request, str(error))
            return redirect(link_to(access, "change-organisation"))
        words = ngettext(
            "The organisation was let go. Authorise the new one; then %(count)s item has to be mapped again.",
            "The organisation was let go. Authorise the new one; then %(count)s items have to be mapped again.",
            number,
        )
        messages.success(request, words % {"count": formats.count(number)})
        return redirect(link_to(access, "general-ledger"))
    return show(
        request,
        access,
        "web/connection/change_organisation.html",
        status=422 if request.method == "POST" else 200,
        crumbs=general_ledger_trail(access, _("Change the organisation")),
        seen=seen,
        is_missing=request.method == "POST",
        reason=reason,
    )
