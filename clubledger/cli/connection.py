"""Commands that connect a club to Xero: xero-app, authorise, change-organisation."""

import argparse
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings

from clubledger.changeover import organisation
from clubledger.cli import arguments, output
from clubledger.cli.errors import Failure
from clubledger.clubs.access import ClubAccess
from clubledger.xero.connection import consent, registration, revocation, standing


def add_commands(commands: Any) -> None:
    """Add the commands of this group."""
    app = commands.add_parser(
        "xero-app",
        help="register the Xero app that CLUBLEDGER_XERO_CLIENT_ID names",
        description="Registers the Xero app of the settings CLUBLEDGER_XERO_CLIENT_ID and "
        "CLUBLEDGER_XERO_CLIENT_SECRET, or brings it up to date, and prints the redirect address to enter at Xero.",
    )
    output.add_json(app)
    app.set_defaults(run=run_xero_app)

    authorise = commands.add_parser(
        "authorise",
        help="authorise Xero for the person of --as",
        description="Without an option it prints the address to open in a browser. After consent the browser ends on "
        "an address that begins with the product's own and /xero/callback: paste it with --callback.",
    )
    way = authorise.add_mutually_exclusive_group()
    way.add_argument("--callback", metavar="ADDRESS", help="the whole address that the browser ended on")
    way.add_argument("--revoke", action="store_true", help="end this person's own connection")
    way.add_argument("--list", action="store_true", help="show who has authorised")
    authorise.add_argument(
        "--organisation", metavar="NAME", help="confirm that the club's books are in this organisation (the first time)"
    )
    change = commands.add_parser(
        "change-organisation",
        help="let go of the club's organisation in Xero, so that another can be authorised (Owners)",
        description="Ends every connection of the club, in Xero and here, and takes the mapping away: the next"
        " organisation has a chart of its own. Refused while a journal is queued, on its way, unclear or different.",
    )
    change.add_argument("--reason", required=True, help="why, for the audit trail")
    arguments.add_club(change)
    output.add_json(change)
    change.set_defaults(run=run_change_organisation)

    arguments.add_club(authorise)
    output.add_json(authorise)
    authorise.set_defaults(run=run_authorise)


def run_xero_app(asked: argparse.Namespace) -> int:
    """Register the app of the settings."""
    app = registration.ensure_app_from_settings()
    if app is None:
        raise Failure(
            "Set CLUBLEDGER_XERO_CLIENT_ID and CLUBLEDGER_XERO_CLIENT_SECRET to those of your Xero app first."
        )
    value = {"client_id": app.client_id, "redirect_uri": app.redirect_uri, "scopes": app.scopes}
    output.show(asked, value, [value])
    return 0


def run_authorise(asked: argparse.Namespace) -> int:
    """Begin or finish a consent, end it, or list who has given one."""
    door = arguments.club_and_actor(asked)
    if asked.list:
        return _show_authorisations(asked, door)
    if asked.revoke:
        revocation.revoke(club=door.club, actor=door.user)
        output.show(asked, {"revoked": True}, [{"revoked": True}])
        return 0
    if asked.callback:
        return _finish(asked, door)
    address = consent.begin_authorisation(club=door.club, actor=door.user, base_url=settings.CLUBLEDGER_BASE_URL)
    if asked.json:
        output.show(asked, {"address": address})
    else:
        print("Open this address in a browser, sign in to Xero and allow access:\n\n" + address)
        print("\nThen: clubledger authorise --callback 'THE ADDRESS THE BROWSER ENDED ON'")
    return 0


def run_change_organisation(asked: argparse.Namespace) -> int:
    """Let go of the club's organisation."""
    door = arguments.club_and_actor(asked)
    value = {"items_to_map": organisation.change_organisation(club=door.club, actor=door.user, reason=asked.reason)}
    output.show(asked, value, [value])
    output.say(asked, "Let go. Authorise the new one with `clubledger authorise`, then map its codes.")
    return 0


def _finish(asked: argparse.Namespace, door: ClubAccess) -> int:
    params = dict(parse_qsl(urlsplit(asked.callback).query, keep_blank_values=True))
    if not params:
        raise Failure(
            "That address carries no answer of Xero: paste it whole, with everything after the question mark."
        )
    outcome = consent.finish_authorisation(actor=door.user, params=params)
    if outcome.kind in {"confirm", "choose"}:
        return _confirm(asked, door, outcome)
    if outcome.kind != "connected":
        raise Failure(f"Xero is not authorised ({outcome.kind}). {_words(outcome)} Begin again: clubledger authorise")
    return _show_authorisations(asked, door)


def _confirm(asked: argparse.Namespace, door: ClubAccess, outcome: Any) -> int:
    """Bind the club to the organisation, which the person names: the first consent decides where its books are."""
    offered = {choice.name: choice.tenant_id for choice in outcome.choices}
    names = ", ".join(repr(name) for name in offered)
    if asked.organisation not in offered:
        raise Failure(
            f"Xero offers {names}. Say in which of them the books of {door.club.name} are: begin again with "
            "`clubledger authorise`, then give --callback together with --organisation NAME."
        )
    consent.confirm_organisation(
        club=door.club, actor=door.user, request_id=outcome.request_id, tenant_id=offered[asked.organisation]
    )
    return _show_authorisations(asked, door)


def _show_authorisations(asked: argparse.Namespace, door: ClubAccess) -> int:
    rows = [
        {
            "person": authorisation.user.email,
            "organisation": authorisation.organisation_name,
            "authorised_at": authorisation.authorised_at,
            "live": authorisation.is_live,
            "ended_because": authorisation.ended_because,
        }
        for authorisation in standing.authorisations(club=door.club)
    ]
    output.show(asked, rows, empty="Nobody has authorised Xero for this club.")
    return 0


def _words(outcome: Any) -> str:
    return " ".join(filter(None, (outcome.words, outcome.xero_words and f"Xero says: {outcome.xero_words}.")))
