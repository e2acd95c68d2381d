"""Sample data: a new club tries it with one press, and takes it away with another. None of it can be sent."""

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from clubledger.bookkeeping.phrases import text_of
from clubledger.clubs.access import ClubAccess, Permission
from clubledger.foundation.phrasebook import in_readers_words
from clubledger.frame import formats
from clubledger.ledger.errors import LedgerError
from clubledger.ledger.intake import samples
from clubledger.web.page import club_page, link_to


@require_POST
@club_page(Permission.IMPORT)
def try_sample(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Bring the sample data in."""
    try:
        made = samples.bring_sample(club=access.club, actor=access.user)
    except LedgerError as error:
        messages.error(request, in_readers_words(text_of(error)))
    else:
        words = ngettext(
            "%(count)s made-up transaction came in. Look around: nothing of it can be sent.",
            "%(count)s made-up transactions came in. Look around: nothing of it can be sent.",
            made.transactions_new,
        )
        messages.success(request, words % {"count": formats.count(made.transactions_new)})
    return redirect(link_to(access, "gl"))


@require_POST
@club_page(Permission.IMPORT)
def remove_sample(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Take the sample data away."""
    try:
        number = samples.remove_sample(club=access.club, actor=access.user)
    except LedgerError as error:
        messages.error(request, in_readers_words(text_of(error)))
    else:
        words = ngettext(
            "The sample data is gone: %(count)s made-up transaction.",
            "The sample data is gone: %(count)s made-up transactions.",
            number,
        )
        messages.success(request, words % {"count": formats.count(number)})
    return redirect(link_to(access, "gl"))
