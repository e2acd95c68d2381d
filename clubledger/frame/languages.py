"""The language of a page: its reader's choice, or else what their browser asks for. The API and files speak English."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.utils import translation
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from clubledger.clubs import languages
from clubledger.clubs.models import User
from clubledger.frame.exports import FORMATS

ENGLISH_ONLY = ("/api/v1/", "/api/vendor/v1/")
"""What programs read. Their pages of documentation are for people, but stand beside what they describe."""


class ReadersLanguage(LocaleMiddleware):
    """Middleware; it stands after the one that says who is signed in, and before all that puts anything into words."""

    def process_request(self, request: HttpRequest) -> None:
        """Speak the reader's language from here on."""
        if request.path_info.startswith(ENGLISH_ONLY) or request.GET.get("format") in FORMATS:
            language = settings.LANGUAGE_CODE
        else:
            person = request.user
            language = person.language if isinstance(person, User) else ""
            if language not in languages.CODES:
                # The cookie of somebody who chose before signing in, else Accept-Language.
                language = translation.get_language_from_request(request)
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Return which language it was, and leave the next task of this thread none of it."""
        answered: HttpResponseBase = super().process_response(request, response)
        translation.deactivate()
        return answered


@require_POST
def choose_language(request: HttpRequest) -> HttpResponseBase:
    """Keep the reader's choice, with their account if they are signed in, and lead back to where they were."""
    chosen = request.POST.get("language", "")
    if chosen in languages.CODES and isinstance(request.user, User):
        languages.choose(person=request.user, language=chosen)
    if chosen not in languages.CODES:
        return redirect("home")
    return set_language(request)
