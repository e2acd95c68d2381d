"""Access to Xero for one authorisation: who may call, with whose tokens, and what a refused connection means.

Sending uses only the sender's own authorisation; reading may use any live one of the club's organisation.
"""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from clubledger.clubs.models import Club, User
from clubledger.foundation import clock
from clubledger.xero.connection import standing, tenants
from clubledger.xero.errors import (
    AnswerUnreadable,
    AuthorisationLost,
    AuthorisationNeeded,
    ConnectionMoved,
    NeverSent,
    NotAuthorised,
    RateLimited,
    XeroError,
    XeroUnavailable,
)
from clubledger.xero.http import client
from clubledger.xero.http.answers import problem_of_refusal, raise_for
from clubledger.xero.http.client import Reply
from clubledger.xero.http.network import Deadline
from clubledger.xero.http.wire import Limits, Unreadable, read_instant, read_json, text, write_instant
from clubledger.xero.models import Authorisation
from clubledger.xero.oauth import authorisations, refresh

BASE_PATH = "/api.xro/2.0"
READ_DEADLINE_SECONDS = 45.0
READ_TRIES = 3
RETRY_PAUSE_SECONDS = 0.2
NOTED_EVERY = timedelta(minutes=10)

log = structlog.get_logger("clubledger.xero")


@dataclass(slots=True)
class XeroAccess:
    """What is needed to call Xero for one authorisation. Shows no token: each call takes the stored one, read just now.

    `limits` is what the last answer said, `ahead_seconds` how far our clock was ahead of Xero's when it was last read.
    Make it shortly before it is used: the authorisation is checked when made.
    """

    club: Club
    authorisation: Authorisation
    app_id: int
    token_set_id: int
    tenant_id: str
    limits: Limits = field(default_factory=Limits)
    ahead_seconds: float = 0.0
    known: refresh.Known = field(default_factory=refresh.Known, repr=False)

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        modified_since: datetime | None = None,
        deadline_seconds: float = READ_DEADLINE_SECONDS,
    ) -> Any:
        """Read from the accounting API and give the JSON, amounts as Decimal. Tries up to three times, with jitter.

        Raises RateLimited at once (never sleeps through a limit), AuthorisationLost, Forbidden, Refused,
        NotFoundInXero, AppMisconfigured, XeroUnavailable.
        """
        headers = {"If-Modified-Since": write_instant(modified_since)} if modified_since else {}
        deadline = Deadline.after(deadline_seconds)
        for attempt in range(1, READ_TRIES + 1):
            try:
                return self._get_once(path, params, headers, deadline)
            except (RateLimited, AuthorisationNeeded):
                raise
            except XeroUnavailable as error:
                pause = RETRY_PAUSE_SECONDS * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311 - jitter
                wants_longer = error.retry_after_seconds is not None
                if attempt == READ_TRIES or wants_longer or deadline.remaining() <= pause:
                    raise
            time.sleep(pause)
        raise AssertionError("unreachable")

    def _get_once(
        self, path: str, params: Mapping[str, str] | None, headers: Mapping[str, str], deadline: Deadline
    ) -> Any:
        asked_at = clock.now()
        reply = self._call("GET", path, params=params, headers=headers, deadline=deadline)
        if is_disconnected(self.authorisation, reply):
            raise AuthorisationLost(
                _("The connection was disconnected in Xero. Authorize Xero again."),
                because="disconnected",
                http_status=reply.status,
                correlation_id=reply.correlation_id,
            )
        raise_for(reply)
        try:
            found = read_json(reply.body)
        except Unreadable:
            raise AnswerUnreadable(
                "Xero's answer is not JSON", http_status=reply.status, correlation_id=reply.correlation_id
            ) from None
        self.ahead_seconds = _ahead_of(read_instant(text(found, "DateTimeUTC")), asked_at)
        return found

    def write(
        self,
        method: str,
        path: str,
        *,
        body: bytes,
        idempotency_key: str,
        deadline_at: datetime,
        params: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a change once and give the whole answer, whatever its status; `answers.answer_to_write` reads it.

        It is repeated only after 401, which says that it was not executed. Nothing is written after `deadline_at`.
        Raises NeverSent, AnswerLost, AuthorisationNeeded and AppMisconfigured (the last two: not sent).
        """
        if not 0 < len(idempotency_key) <= 128:
            raise ValueError("an idempotency key has 1 to 128 characters")
        left = (deadline_at - clock.now()).total_seconds()
        deadline = Deadline.after(left, ends_at=deadline_at)
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": idempotency_key}
        reply = self._call(
            method,
            path,
            params=params,
            headers=headers,
            deadline=deadline,
            content=body,
            read_seconds=max(0.0, left),
            last_start_at=deadline_at,
        )
        if reply.status == 403:
            self._look_after_refusal(reply)
        return reply

    def _look_after_refusal(self, reply: Reply) -> None:
        try:
            lost = is_disconnected(self.authorisation, reply)
        except XeroError as error:
            # The 403 stands by itself; whether the organisation is still connected is found out another time.
            log.warning("xero.connection_not_checked", authorisation=self.authorisation.pk, words=error.words)
            return
        if lost:
            raise AuthorisationLost(
                _("The connection was disconnected in Xero. Authorize Xero again."),
                because="disconnected",
                http_status=reply.status,
                correlation_id=reply.correlation_id,
            )

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        deadline: Deadline,
        content: bytes | None = None,
        read_seconds: float = client.READ_SECONDS,
        last_start_at: datetime | None = None,
    ) -> Reply:
        def send(token: str) -> Reply:
            if last_start_at is not None and clock.now() >= last_start_at:
                raise NeverSent("no time was left to send it", problem="deadline")
            return client.exchange(
                method,
                f"{settings.XERO_API_URL}{BASE_PATH}{path}",
                headers={
                    "Authorization": f"Bearer {token}",
                    "Xero-Tenant-Id": self.tenant_id,
                    "Accept": "application/json",
                    **headers,
                },
                params=params,
                content=content,
                deadline=deadline,
                read_seconds=read_seconds,
            )

        reply = refresh.call_with_token(self.token_set_id, send, self.known)
        self.limits = reply.limits
        return reply


def _ahead_of(said_at: datetime | None, asked_at: datetime) -> float:
    """Return how far our clock is ahead of Xero's (negative: behind), less what the call itself explains."""
    if said_at is None:
        return 0.0
    answered_at = clock.now()
    nearest = min(max(said_at, asked_at), answered_at)
    return (nearest - said_at).total_seconds()


# --- Who may call -----------------------------------------------------------------------------------------------------


def access_for_reading(
    *, club: Club, prefer: User | None = None, any_app: bool = False, but: Collection[int] = ()
) -> XeroAccess:
    """Return access by a live authorisation of the club's organisation: `prefer`'s if there is one, else the last used.

    Only the club's present app counts, unless `any_app` (to look up, during a changeover, what an old one sent). `but`
    are keys of authorisations that have been refused just now.
    Raises NotAuthorised, ConnectionMoved, AuthorisationLost, AppMisconfigured, XeroUnavailable.
    """
    live = list(
        Authorisation.objects.of(club)
        .filter(ended_at=None, token_set__died_at=None, token_set__isnull=False)
        .filter(tenant_id=F("club__xero_connection__tenant_id"))
        .exclude(tenant_id="")
        .exclude(pk__in=but)
        .annotate(present_app_id=F("club__xero_connection__app_id"))
        .select_related("token_set")
        .defer(*standing.NEEDLESS_SECRETS)
        .order_by(F("last_used_at").desc(nulls_last=True), "-authorised_at", "pk")
    )
    rows = [row for row in live if any_app or row.app_id == row.present_app_id]
    if prefer is not None:
        rows.sort(key=lambda row: row.user_id != prefer.pk)
    rows.sort(key=lambda row: row.app_id != row.present_app_id)
    lost: AuthorisationNeeded | None = None
    for row in rows:
        try:
            return _open(club, row)
        except AuthorisationNeeded as error:
            lost = error
    if lost is not None:
        raise lost
    if live:
        raise ConnectionMoved(standing.unauthorized_message())
    raise NotAuthorised(standing.not_authorised_message())


def access_for_sending(*, club: Club, user: User) -> XeroAccess:
    """Return access by the sender's own authorisation, with the club's present app and organisation.

    Whether the role still includes sending is the caller's question (`clubs.access`). Raises NotAuthorised,
    ConnectionMoved, AuthorisationLost, AppMisconfigured, XeroUnavailable.
    """
    live = standing.live_authorisation(club=club, user=user)
    if live is not None:
        return _open(club, live)
    row = standing.standing_of(club=club, user=user).authorisation
    if row is not None and row.is_live:
        raise ConnectionMoved(standing.unauthorized_message())
    raise NotAuthorised(standing.not_authorised_message())


def _open(club: Club, row: Authorisation) -> XeroAccess:
    tokens = row.token_set
    if tokens is None or tokens.died_at is not None:
        raise AuthorisationLost(
            _("Xero no longer accepts this authorisation. Authorize Xero again."), because="expired"
        )
    if refresh.needs_refresh(tokens):
        tokens = refresh.fresh(tokens.pk)
    now = clock.now()
    if row.last_used_at is None or row.last_used_at < now - NOTED_EVERY:
        Authorisation.objects.of(club).filter(pk=row.pk).update(last_used_at=now)
    return XeroAccess(
        club=club,
        authorisation=row,
        app_id=row.app_id,
        token_set_id=tokens.pk,
        tenant_id=row.tenant_id,
        known=refresh.Known(tokens),
    )


def is_disconnected(authorisation: Authorisation, reply: Reply) -> bool:
    """Find out whether a 403 means that the organisation was disconnected in Xero, and if so end what rests on it."""
    if reply.status != 403 or problem_of_refusal(reply) != "connection":
        return False
    return not look_at(authorisation=authorisation)


def look_at(*, authorisation: Authorisation) -> bool:
    """Ask Xero whether an authorisation's connection still stands; ends it here if not (xero-facts 2.3).

    Raises AuthorisationLost if the tokens are dead, AppMisconfigured, XeroUnavailable.
    """
    if authorisation.ended_at is not None or authorisation.token_set_id is None:
        return False
    found = tenants.list_tenants(authorisation.token_set_id)
    if any(one.tenant_id == authorisation.tenant_id for one in found):
        return True
    authorisations.end_all_on(
        token_set_id=authorisation.token_set_id, tenant_id=authorisation.tenant_id, because="disconnected"
    )
    return False
