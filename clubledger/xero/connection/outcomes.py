"""How a return from Xero can end, and what is said of each: in English, as it is kept in the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clubledger.bookkeeping.phrases import phrase
from clubledger.clubs.models import Club
from clubledger.xero.models import Authorisation

Kind = Literal[
    "connected",
    "confirm",
    "choose",
    "cancelled",
    "expired",
    "replayed",
    "tampered",
    "wrong_organisation",
    "no_organisation",
    "failed",
]

OF_REGISTRATION = ("unauthorized_client", "invalid_scope", "invalid_request", "unsupported_response_type")
"""Errors of RFC 6749 4.1.2.1 that come of the app's registration."""
NOT_ACCEPTED = phrase("Xero does not accept the app as it is registered. Tell whoever runs this installation.")


@dataclass(frozen=True, slots=True)
class Choice:
    """An organisation to confirm or to choose."""

    tenant_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a return from Xero ended. `words` say it in English, to be told; `club` is None where it can't be told.

    `xero_words` is the reason that Xero itself gave. `choices` and `request_id` are for `confirm` and `choose`; the
    names for `wrong_organisation`.
    """

    kind: Kind
    club: Club | None = None
    words: str = ""
    authorisation: Authorisation | None = None
    request_id: int | None = None
    choices: tuple[Choice, ...] = ()
    bound_name: str = ""
    offered_names: tuple[str, ...] = ()
    taken_by: str = ""
    xero_words: str = ""


def refused(club: Club, error: str, description: str) -> Outcome:
    """Return the end of a return that brings an error, or nothing at all, in place of a code."""
    if error == "server_error":
        words = phrase("Something went wrong at Xero. Nothing was changed. Try again in a few minutes.")
    elif error == "temporarily_unavailable":
        words = phrase("Xero is too busy or under maintenance. Nothing was changed. Try again in a few minutes.")
    elif error in OF_REGISTRATION:
        words = NOT_ACCEPTED
    elif error:
        words = phrase(
            "Xero ended the authorisation. Nothing was changed. Try again; if it ends so again, tell whoever runs this"
            " installation."
        )
    else:
        words = phrase("Xero sent you back without a code. Nothing was changed. Try again.")
    return Outcome("failed", club, words, xero_words=": ".join(filter(None, (error, description))))
