"""What each address answers to whom: the register of pages says whom it is for, and here stands what is out of the way.

An address that is new needs nothing here, if who may open it gets a page, and who may press it is led back to one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace

from django.db import transaction
from django.test import Client

from clubledger.clubs.access import PERMISSIONS, Permission
from clubledger.frame.pages import Action, Address, Audience, Page
from tools import addresses

PEOPLE = ("owner", "administrator", "accounts", "viewer", "stranger", "staff", "nobody")
"""Four roles at the club; the owner of another club; the vendor's staff; somebody not signed in."""

ANSWERS: Mapping[str, int] = {
    "readyz": 503,
    # No token is set, so there is nothing.
    "metrics": 404,
    "home": 302,
    "xero-callback": 400,
    # Nothing was restored.
    "confirm-restore": 404,
    # What is sent is not filled in.
    "preview-import": 422,
    "invite": 422,
    # The file asked for was never brought.
    "start-import": 404,
    "authorize": 200,
    "revoke": 200,
    "mfa_authenticate": 302,
    "mfa_login_webauthn": 302,
    "mfa_reauthenticate": 302,
    "mfa_reauthenticate_webauthn": 302,
    "openid_connect_login": 404,
    "openid_connect_callback": 404,
    "account_set_password": 302,
    # Whoever did not sign in a moment ago is asked for the password again first.
    "mfa_activate_totp": 302,
    "mfa_generate_recovery_codes": 302,
    "mfa_add_webauthn": 302,
    "mfa_edit_webauthn": 302,
    "mfa_remove_webauthn": 302,
    "security-xero": 302,
    # There is no app to take away, and no such session.
    "mfa_deactivate_totp": 404,
    "mfa_view_recovery_codes": 404,
    "mfa_list_webauthn": 302,
    "security-end-session": 404,
    "invitation": 302,
    "accept-invitation": 410,
    "console": 302,
    # The app asked for does not exist.
    "console-plan-club": 404,
    "api:api-root": 404,
    "vendor-api:api-root": 404,
}
"""What an allowed person gets, where it is no page (200), or after a press no way back to one (302)."""

ANSWERS_TO: Mapping[str, Mapping[str, int]] = {
    "sign-in": dict.fromkeys(PEOPLE, 302) | {"nobody": 200},
    "account_login": dict.fromkeys(PEOPLE, 302) | {"nobody": 200},
    "grant-support": {"administrator": 403},
}
"""Where it is another thing for one of those who may."""

FORMS: Mapping[str, Mapping[str, str]] = {
    "grant-support": {"hours": "24"},
    "console-plan-club": {"to_app": "999999"},
}
"""What is sent, where nothing would be refused for another reason."""

LEAD_ELSEWHERE = {"sign-out", "account_logout", "choose-language", "invitation"}
"""Addresses that send somebody who is not signed in on, and not to the sign-in."""


@dataclass(frozen=True)
class Door:
    """An address as it is tried: how it is asked, and what each person gets."""

    entry: Address

    @property
    def method(self) -> str:
        return "post" if isinstance(self.entry, Action) else "get"

    @property
    def form(self) -> dict[str, str]:
        return dict(FORMS.get(self.entry.name, {}))

    @property
    def fine(self) -> int:
        if self.entry.audience is Audience.KEY:
            return ANSWERS.get(self.entry.name, 401)
        return ANSWERS.get(self.entry.name, 302 if self.method == "post" else 200)

    @property
    def posting(self) -> Permission | None:
        return self.entry.posting if isinstance(self.entry, Page) else None

    def answers(self, who: str, permission: Permission | None = None) -> int:
        """Return the status that `who` must get, at what needs a permission: the address's own, if none is named."""
        if who in ANSWERS_TO.get(self.entry.name, {}):
            return ANSWERS_TO[self.entry.name][who]
        audience = self.entry.audience
        if audience in {Audience.ANYBODY, Audience.KEY}:
            return self.fine
        if who == "nobody":
            return 302
        if audience is Audience.PERSON:
            return self.fine
        if audience is Audience.STAFF:
            return self.fine if who == "staff" else 404
        if who in {"stranger", "staff"}:
            return 404
        return self.fine if (permission or self.entry.permission) in PERMISSIONS[who] else 403


TABLE: dict[str, Door] = {name: Door(entry) for name, entry in addresses.BY_NAME.items()}
READ = sorted(name for name, door in TABLE.items() if door.method == "get")
OF_A_CLUB = sorted(name for name, door in TABLE.items() if door.entry.is_of_club)
PAGES = sorted(name for name in OF_A_CLUB if isinstance(TABLE[name].entry, Page))


def address_of(world: SimpleNamespace, name: str, *, other: bool = False) -> str:
    """Return an address filled in for the club; with `other`, what belongs to another club is asked for at this one."""
    entry = addresses.BY_NAME[name]
    examples = world.examples | (world.other_examples if other else {})
    wanted = {one for one in addresses.examples_of(entry).values() if one in examples}
    return addresses.address_of(entry, {one: examples[one]() for one in wanted})


@contextmanager
def taken_back() -> Iterator[None]:
    """Take back what is written inside: one world serves all that try the same address."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def client_of(world: SimpleNamespace, who: str) -> Client:
    """Return the browser of one of the people."""
    client = Client()
    world.who = who
    if world.people[who] is not None:
        client.force_login(world.people[who])
    return client


def reader_of(name: str) -> str:
    """Return who reads an address: the club's owner, or the vendor's staff."""
    return "staff" if TABLE[name].entry.audience is Audience.STAFF else "owner"
