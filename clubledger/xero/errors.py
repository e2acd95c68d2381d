"""What can go wrong when talking to Xero. No error's text ever holds a token, a code or a secret.

XeroError
├── AuthorisationNeeded            a person has to authorise Xero before this can go on
│   ├── NotAuthorised              there is no authorisation at all ("not authorised", Not connected)
│   ├── ConnectionMoved            the one there is was given to an app that the club no longer uses ("unauthorized")
│   └── AuthorisationLost          there was one and it ended: disconnected in Xero, expired, revoked
├── ClockWrong                     this machine's clock and Xero's are too far apart
├── AppMisconfigured               the operator must mend the app's registration (id, secret, scopes, redirect address)
├── XeroUnavailable                for a time; nothing is known to be wrong at our side
│   ├── NeverSent                  no byte of the request left this machine
│   ├── AnswerLost                 the request was begun and no whole answer came back
│   ├── AnswerUnreadable           an answer came back that makes no sense
│   └── RateLimited                429: says which limit and how long to wait
├── Forbidden                      connected, but this Xero user or app may not do this
├── Refused                        Xero says that the request is wrong, in its own words
├── NotFoundInXero                 404
├── GrantRefused                   the token endpoint refuses this code or refresh token (invalid_grant)
├── IdentityUnproven               the id_token does not prove who consented
└── BindingRefused                 a consent that can't become this club's authorisation
    ├── WrongOrganisation          the club belongs to another organisation
    ├── OrganisationTaken          the organisation belongs to another club
    ├── CurrencyDiffers            the organisation's base currency is not that of the club's books
    └── RequestUnusable            the authorisation request is unknown, used or too old
"""

from __future__ import annotations


class XeroError(Exception):
    """Root of the errors of this room. `correlation_id` is Xero's own id of the call, for its support desk."""

    def __init__(self, words: str = "", *, http_status: int | None = None, correlation_id: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.http_status = http_status
        self.correlation_id = correlation_id


class AuthorisationNeeded(XeroError):
    """A person has to authorise Xero before this can go on."""


class NotAuthorised(AuthorisationNeeded):
    """There is no authorisation of this club for this user (for reading: for anybody)."""


class ConnectionMoved(AuthorisationNeeded):
    """The authorisation there is was given to an app that the club no longer uses."""


class AuthorisationLost(AuthorisationNeeded):
    """There was an authorisation and it ended. `because` is disconnected, expired or revoked."""

    def __init__(self, words: str, *, because: str, http_status: int | None = None, correlation_id: str = "") -> None:
        super().__init__(words, http_status=http_status, correlation_id=correlation_id)
        self.because = because


class AppMisconfigured(XeroError):
    """The app's registration is wrong: id, secret, grant type, scopes or redirect address. No token dies of it."""


class ClockWrong(XeroError):
    """This machine's clock and Xero's are too far apart to tell what Xero can still carry out. For the operator."""


class XeroUnavailable(XeroError):
    """Xero can't be reached or can't answer for now. `retry_after_seconds` is its own wish or the documented wait."""

    def __init__(
        self,
        words: str = "",
        *,
        http_status: int | None = None,
        correlation_id: str = "",
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(words, http_status=http_status, correlation_id=correlation_id)
        self.retry_after_seconds = retry_after_seconds


class NeverSent(XeroUnavailable):
    """No byte of the request left this machine: certainly not executed. `problem` is network or deadline."""

    def __init__(
        self,
        words: str = "",
        *,
        problem: str = "network",
        http_status: int | None = None,
        correlation_id: str = "",
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(
            words, http_status=http_status, correlation_id=correlation_id, retry_after_seconds=retry_after_seconds
        )
        self.problem = problem


class AnswerLost(XeroUnavailable):
    """The request was begun and no whole answer came back: it may have been executed."""


class AnswerUnreadable(XeroUnavailable):
    """An answer came back whole and makes no sense: it may have been executed."""


class RateLimited(XeroUnavailable):
    """429, certainly not executed. `problem` is concurrent, minute, day or appminute."""

    def __init__(
        self,
        words: str,
        *,
        problem: str,
        retry_after_seconds: int | None,
        http_status: int | None = 429,
        correlation_id: str = "",
    ) -> None:
        super().__init__(
            words, http_status=http_status, correlation_id=correlation_id, retry_after_seconds=retry_after_seconds
        )
        self.problem = problem


class Forbidden(XeroError):
    """Connected, but not allowed. `problem` is scope (the app lacks it) or permission (the Xero user lacks it)."""

    def __init__(self, words: str, *, problem: str, http_status: int | None = None, correlation_id: str = "") -> None:
        super().__init__(words, http_status=http_status, correlation_id=correlation_id)
        self.problem = problem


class Refused(XeroError):
    """Xero says that the request is wrong. `messages` are its own words, one a fault."""

    def __init__(
        self, words: str, *, messages: tuple[str, ...] = (), http_status: int | None = None, correlation_id: str = ""
    ) -> None:
        super().__init__(words, http_status=http_status, correlation_id=correlation_id)
        self.messages = messages


class NotFoundInXero(XeroError):
    """Xero knows no such thing."""


class GrantRefused(XeroError):
    """The token endpoint refuses this code or refresh token: used, expired, replaced or revoked."""


class IdentityUnproven(XeroError):
    """The id_token is missing, or its signature, issuer, audience, time, nonce or at_hash is wrong."""


class BindingRefused(XeroError):
    """A consent that can't become this club's authorisation."""


class WrongOrganisation(BindingRefused):
    """The club belongs to the organisation `bound_name`, the consent was for `offered_name`."""

    def __init__(self, words: str, *, bound_name: str, offered_name: str) -> None:
        super().__init__(words)
        self.bound_name = bound_name
        self.offered_name = offered_name


class OrganisationTaken(BindingRefused):
    """The organisation serves another active club already. `club_name` is empty unless the actor belongs to it."""

    def __init__(self, words: str, *, organisation_name: str, club_name: str) -> None:
        super().__init__(words)
        self.organisation_name = organisation_name
        self.club_name = club_name


class CurrencyDiffers(BindingRefused):
    """The organisation's base currency is not that of the club's books."""


class RequestUnusable(BindingRefused):
    """The authorisation request is unknown, already used, too old, or another person's."""
