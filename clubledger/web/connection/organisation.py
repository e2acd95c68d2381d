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
from clubledger.frame.reasons import Reason
from clubledger.web.page import ask_why, club_page, general_ledger_trail, link_to


@require_http_methods(["GET", "HEAD", "POST"])
@club_page(Permission.UNDO)
def change_organisation(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Show what letting go of the organisation does, or why it can't be now; then do it with a reason."""
    seen = organisation.foresee(club=access.club)
    reason = Reason.of(request)
    if reason.is_given:
        try:
            number = organisation.change_organisation(club=access.club, actor=access.user, reason=reason.text)
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
    return ask_why(
        request,
        access,
        "web/connection/change_organisation.html",
        reason,
        crumbs=general_ledger_trail(access, _("Change the organisation")),
        seen=seen,
    )
