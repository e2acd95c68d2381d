"""Configuration → Security → Users: in which language the club writes to people who have chosen none."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clubledger.clubs import languages
from clubledger.clubs.access import ClubAccess, Permission
from clubledger.web.page import club_page, link_to


@require_POST
@club_page(Permission.CONFIGURE)
def set_club_language(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Keep the language, and lead back to the people."""
    chosen = request.POST.get("language", "")
    try:
        languages.set_of_club(club=access.club, actor=access.user, language=chosen)
    except ValueError:
        messages.error(request, _("There is no such language."))
    else:
        words = _("E-mails of the club are in %(language)s from now on.")
        messages.success(request, words % {"language": dict(settings.LANGUAGES)[chosen]})
    return redirect(link_to(access, "users"))
