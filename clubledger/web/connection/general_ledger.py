"""Integration Settings → Manage Integrations → General Ledger: authorise, confirm, revoke; and the return from Xero.

Every return from Xero ends on a page that says what happened and what to do; none of them shows a code or a token.
"""

from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from clubledger.clubs import currency
from clubledger.clubs.access import ClubAccess, ClubNotFound, NotAllowed, Permission, open_club
from clubledger.foundation import clock
from clubledger.foundation.phrasebook import in_readers_words
from clubledger.frame.lists import Column, Holds, List
from clubledger.ledger.mapping import codes
from clubledger.web.page import club_page, general_ledger_trail, link_to, person, show
from clubledger.web.xero_errors import explain, tell
from clubledger.xero.connection import consent, revocation, standing
from clubledger.xero.errors import (
    AppMisconfigured,
    BindingRefused,
    CurrencyDiffers,
    OrganisationTaken,
    WrongOrganisation,
    XeroError,
)
from clubledger.xero.models import Authorisation, AuthorisationRequest, Connection

ENDED_BECAUSE = {
    "revoked": gettext_lazy("revoked here"),
    "disconnected": gettext_lazy("disconnected in Xero"),
    "expired": gettext_lazy("expired"),
    "replaced": gettext_lazy("another organisation was chosen"),
}
"""Why an authorisation ended."""


@dataclass(frozen=True, slots=True)
class Authorised:
    """Somebody's authorisation, with the sign that it stands under and why it ended, if it did."""

    row: Authorisation
    sign: str
    state: str
    because: str


AUTHORISED = List(
    name="authorised",
    page="general-ledger",
    anchor="#authorised",
    columns=(
        Column(
            key="person", title=gettext_lazy("Person"), cell=attrgetter("row.user"),
            order=lambda one: str(one.row.user).casefold(),
        ),
        Column(key="email", title=gettext_lazy("E-mail address"), cell=attrgetter("row.user.email"), is_on_page=False),
        Column(
            key="organisation", title=gettext_lazy("Organisation"), cell=attrgetter("row.organisation_name"),
            order=lambda one: one.row.organisation_name.casefold(),
        ),
        Column(
            key="app", title=gettext_lazy("App"), cell=attrgetter("row.app"),
            order=lambda one: str(one.row.app).casefold(),
        ),
        Column(
            key="authorised", title=gettext_lazy("Authorised"), cell=attrgetter("row.authorised_at"),
            holds=Holds.INSTANT, order=attrgetter("row.authorised_at"),
        ),
        Column(
            key="sent", title=gettext_lazy("Last sent"), cell=attrgetter("row.last_sent_at"), holds=Holds.INSTANT,
            order=attrgetter("row.last_sent_at"),
        ),
        Column(
            key="state", title=gettext_lazy("State"), cell=attrgetter("state"), holds=Holds.WORDS,
            order=lambda one: ("live", "moved", "ended").index(one.sign),
        ),
        Column(key="reason", title=gettext_lazy("Reason"), cell=attrgetter("because"), is_on_page=False),
        Column(
            key="ended", title=gettext_lazy("Ended"), cell=attrgetter("row.ended_at"), holds=Holds.INSTANT,
            is_on_page=False,
        ),
    ),
)  # fmt: skip


@require_safe
@club_page()
def integration_settings(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Show the integrations a club has: the general ledger."""
    return show(
        request,
        access,
        "web/connection/integration_settings.html",
        crumbs=[(_("Configuration"), ""), (_("Integration"), "")],
        connection=standing.current(club=access.club),
    )


@require_safe
@club_page()
def general_ledger(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Show the connection: organisation, where this person stands, who has authorised; or the last as a file."""
    connection = standing.current(club=access.club)
    listing = AUTHORISED.asked(request)
    authorised = listing.in_order(_shown(row, connection) for row in standing.authorisations(club=access.club))
    if listing.wants_file:
        return listing.file(authorised)
    return show(
        request,
        access,
        "web/connection/general_ledger.html",
        crumbs=general_ledger_trail(access),
        connection=connection,
        standing=standing.standing_of(club=access.club, user=access.user, connection=connection),
        listing=listing,
        authorisations=authorised,
        has_gl_codes=codes.has_gl_codes_of_xero(club=access.club),
        today=clock.today_in(access.club.time_zone),
    )


def _shown(row: Authorisation, connection: Connection | None) -> Authorised:
    if row.ended_at:
        state = ("ended", _("Ended"))
    elif connection is None or row.app_id != connection.app_id:
        state = ("moved", _("Connection moved"))
    else:
        state = ("live", _("Connected"))
    because = str(ENDED_BECAUSE.get(row.ended_because, row.ended_because)) if row.ended_at else ""
    return Authorised(row, *state, because)


@require_POST
@club_page(Permission.AUTHORISE)
def authorize(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Leave for Xero. A page that goes on by itself: the strict form policy would stop a redirect to another site."""
    base_url = f"{request.scheme}://{request.get_host()}"
    try:
        address = consent.begin_authorisation(club=access.club, actor=access.user, base_url=base_url)
    except XeroError as error:
        tell(request, access, error)
        return redirect(link_to(access, "general-ledger"))
    crumbs = general_ledger_trail(access, _("Authorize Xero"))
    return show(request, access, "web/connection/leaving_for_xero.html", crumbs=crumbs, address=address)


@require_POST
@club_page(Permission.AUTHORISE)
def revoke(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Disconnect this person's own connection, after they saw what that means."""
    connection = standing.current(club=access.club)
    if request.POST.get("confirmed") != "1":
        others = [
            row for row in standing.authorisations(club=access.club) if row.is_live and row.user_id != access.user.pk
        ]
        return show(
            request,
            access,
            "web/connection/revoke.html",
            crumbs=general_ledger_trail(access, _("Revoke Connection")),
            connection=connection,
            others=others,
        )
    try:
        revocation.revoke(club=access.club, actor=access.user)
    except XeroError as error:
        tell(request, access, error)
    else:
        messages.success(request, _("Your connection was removed, in Xero and here. Nobody else's was touched."))
    return redirect(link_to(access, "general-ledger"))


@require_safe
@club_page(Permission.AUTHORISE)
def confirm(request: HttpRequest, access: ClubAccess, request_id: int) -> HttpResponseBase:
    """Show the organisation by name, before the club is bound to it."""
    waiting = _open_request(access, request_id)
    if waiting is None:
        return _answered_already(request, access)
    return show(
        request,
        access,
        "web/connection/confirm_organisation.html",
        crumbs=general_ledger_trail(access, _("Confirm the organisation")),
        choices=waiting.choices,
        request_id=request_id,
    )


@require_POST
@club_page(Permission.AUTHORISE)
def bind(request: HttpRequest, access: ClubAccess, request_id: int) -> HttpResponseBase:
    """Bind the club to the organisation that was confirmed, or let it go."""
    if _open_request(access, request_id) is None:
        return _answered_already(request, access)
    try:
        if request.POST.get("answer") == "no":
            consent.decline_organisation(club=access.club, actor=access.user, request_id=request_id)
            messages.success(request, _("Nothing was connected."))
        else:
            row = consent.confirm_organisation(
                club=access.club, actor=access.user, request_id=request_id, tenant_id=request.POST.get("tenant_id", "")
            )
            messages.success(
                request, _("%(organisation)s is connected.") % {"organisation": row.organisation_name}
            )  # fmt: skip
    except WrongOrganisation as error:
        return _wrong(request, access, error.bound_name, (error.offered_name,), "")
    except OrganisationTaken as error:
        return _wrong(request, access, "", (error.organisation_name,), error.club_name)
    except CurrencyDiffers as error:
        return _returned(request, access, 409, kind="other_currency", words=error.words)
    except BindingRefused as error:
        messages.error(request, in_readers_words(error.words))
    except XeroError as error:
        tell(request, access, error)
    return redirect(link_to(access, "general-ledger"))


@require_POST
@club_page(Permission.UNDO)
def set_currency(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Say in which currency the club's books are."""
    try:
        club = currency.set_currency(club=access.club, actor=access.user, currency=request.POST.get("currency", ""))
    except currency.UnknownCurrency as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The club's books are in %(currency)s.") % {"currency": club.currency})
    return redirect(link_to(access, "general-ledger"))


def _open_request(access: ClubAccess, request_id: int) -> AuthorisationRequest | None:
    """Return this person's request while it waits for an answer, else None. Raises Http404 where it is not theirs."""
    found = consent.request_of(club=access.club, user=access.user, request_id=request_id)
    if found is None:
        raise Http404
    return found if found.outcome in {"confirm", "choose"} else None


def _answered_already(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    # A second press, a reload, the Back button or another tab: nothing is wrong, so the page says how it stands.
    messages.info(request, _("The question about the organisation was answered already. This is how it stands."))
    return redirect(link_to(access, "general-ledger"))


def _wrong(
    request: HttpRequest, access: ClubAccess, bound: str, offered: tuple[str, ...], taken_by: str
) -> HttpResponseBase:
    return _returned(
        request, access, 409, kind="wrong_organisation", bound_name=bound, offered=", ".join(offered), taken_by=taken_by
    )


def _returned(request: HttpRequest, access: ClubAccess, status: int, **context: Any) -> HttpResponseBase:
    crumbs = general_ledger_trail(access, _("Authorize Xero"))
    return show(request, access, "web/connection/returned.html", status=status, crumbs=crumbs, **context)


@require_safe
@login_required
@sensitive_variables()
def xero_callback(request: HttpRequest) -> HttpResponseBase:
    """Take the return from Xero and lead on, or say what happened. The address itself is never shown or logged."""
    try:
        outcome = consent.finish_authorisation(actor=person(request), params=request.GET.dict())
    except NotAllowed:
        return render(request, "403.html", {"reason": _("You may no longer authorise Xero for this club.")}, status=403)
    except AppMisconfigured as error:
        context = {"words": explain(error).words, "is_registration": True}
        return render(request, "web/connection/returned_alone.html", context, status=502)
    if outcome.club is None:
        return render(
            request, "web/connection/returned_alone.html", {"words": in_readers_words(outcome.words)}, status=400
        )
    try:
        access = open_club(person(request), outcome.club.slug)
    except ClubNotFound:
        raise Http404 from None
    if outcome.kind in {"confirm", "choose"} and outcome.request_id is not None:
        return redirect(reverse("confirm-organisation", args=[access.club.slug, outcome.request_id]))
    if outcome.kind == "connected":
        organisation = outcome.authorisation.organisation_name if outcome.authorisation else ""
        messages.success(
            request, _("Xero is authorised: you can send journals to %(name)s.") % {"name": organisation}
        )  # fmt: skip
        return redirect(link_to(access, "general-ledger"))
    if outcome.kind == "wrong_organisation":
        return _wrong(request, access, outcome.bound_name, outcome.offered_names, outcome.taken_by)
    return _returned(request, access, 400, kind=outcome.kind, words=outcome.words, xero_words=outcome.xero_words)
