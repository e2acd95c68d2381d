"""What a page says when Xero could not be asked: what happened, in Xero's words and ours, and what to do."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from clubledger.clubs.access import ClubAccess
from clubledger.web.page import link_to
from clubledger.xero import errors


@dataclass(frozen=True, slots=True)
class Explained:
    """A headline, what to do, and whether the General Ledger page is the place to do it."""

    headline: str
    words: str
    on_general_ledger: bool = False


def explain(error: errors.XeroError) -> Explained:
    """Return the words for an error of the room `xero`."""
    if isinstance(error, errors.ConnectionMoved):
        return Explained(
            _("Connection moved"),
            _("The Xero connection for this club has been updated. Authorize Xero again to send journals."),
            True,
        )
    if isinstance(error, errors.NotAuthorised):
        return Explained(_("Not connected"), _("You have not authorised Xero for this club"), True)
    if isinstance(error, errors.AuthorisationLost):
        return Explained(_("Xero no longer accepts the authorisation"), _lost(error), True)
    if isinstance(error, errors.AppMisconfigured):
        words = _("Nothing you can mend: tell whoever runs this installation. Xero says: %(words)s")
        return Explained(_("Clubledger's registration at Xero is wrong"), words % {"words": error.words})
    if isinstance(error, errors.RateLimited):
        words = _("Xero takes no more requests for now. Try again in %(wait)s.")
        return Explained(_("Xero's limit is reached"), words % {"wait": _wait(error.retry_after_seconds)})
    if isinstance(error, errors.XeroUnavailable):
        return Explained(_("Xero does not answer"), _("Nothing was changed. Try again in a few minutes."))
    if isinstance(error, errors.Forbidden):
        return Explained(_("Xero does not allow this"), _forbidden(error))
    words = error.words or _("no reason given")
    return Explained(_("Xero refused"), _("Xero says: %(words)s") % {"words": words})


def _lost(error: errors.AuthorisationLost) -> str:
    reasons = {
        "disconnected": _("It was disconnected in Xero, under Connected apps."),
        "expired": _("It expired: it had not been used for 60 days."),
        "revoked": _("It was revoked."),
    }
    what_to_do = _("Authorize Xero again to go on; nothing is lost.")
    return f"{reasons.get(error.because, error.words)} {what_to_do}"


def _forbidden(error: errors.Forbidden) -> str:
    if error.problem == "permission":
        return _(
            "Your Xero login lacks a permission. Ask the club's Xero administrator for the Standard role with"
            " reports, or the Adviser role. Xero says: %(words)s"
        ) % {"words": error.words}
    return _("The app lacks a scope at Xero. Authorize Xero again. Xero says: %(words)s") % {"words": error.words}


def _wait(seconds: int | None) -> str:
    if not seconds or seconds <= 90:
        return _("a minute")
    if seconds < 5400:
        return _("%(minutes)s minutes") % {"minutes": -(-seconds // 60)}
    return _("%(hours)s hours") % {"hours": -(-seconds // 3600)}


def tell(request: HttpRequest, access: ClubAccess, error: errors.XeroError) -> None:
    """Put the explanation on the next page, with the link that leads out."""
    context = {"told": explain(error), "link": link_to(access, "general-ledger")}
    messages.error(request, render_to_string("web/xero_error.html", context))
