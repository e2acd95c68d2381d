"""Every page that is pictured: who looks at it, at which club, and what is done there before the picture is taken.

The pages of the register come by themselves, each as it opens and in the states that it names; here stands what only
the pictured clubs have to show. `tests/doors/test_pictures.py` notices a page that nobody pictures.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from playwright.sync_api import Page as Tab

from clubledger.clubs.access import Permission
from clubledger.frame.pages import Audience
from clubledger.web.pages import EVER
from tools import addresses

FULL, EMPTY, TROUBLED, BLUEGUM = "banksia-park", "wattle-creek", "ironbark-creek", "bluegum"
RETURNS = {
    "cancelled": "error=access_denied",
    "expired": "code=y",
    "replayed": "code=y",
    "failed": "error=server_error",
}
"""The ends of a return from Xero, and what Xero says in each."""
MOVING = ("announced", "switched", "disconnected", "reauthorising", "verified", "done", "paused", "rolled_back")
"""States of a changeover of which one club each is pictured."""
TRANSACTIONS = b"""source_id,kind,accounting_date,account_type,item,amount,tax_amount,member,description
INV-9001,invoice,2026-11-09,SUBS,FULL7,1100.00,100.00,1042,Full 7-day membership
PAY-9001,payment,2026-11-10,SUBS,CARD,1100.00,,1042,Online card payment
INV-9002,invoice,2026-11-11,SUBS,LOCKER,66.005,6.00,1042,Three decimals
"""
MAPPING = b"""kind,code,gl_code,tax_type,untaxed_tax_type,job
charge,FULL7,230,OUTPUT,,
charge,LOCKER,220,OUTPUT,,Golf
charge,NOSUCH,220,,,
"""
MAPPING_FINE = MAPPING.replace(b"charge,NOSUCH,220,,,\n", b"")


@dataclass(frozen=True)
class Picture:
    """A page as it is pictured: at a club, asked something, and what is done there first."""

    page: str
    """The name of its address."""
    query: str = ""
    act: Callable[[Tab], Any] | None = None
    at: str = FULL
    status: int = 200
    on_paper: bool = False
    examples: Mapping[str, str] = field(default_factory=dict)
    """For a parameter of the address: what of the furnished world fills it in, if not the register's example."""

    def address(self, ids: Mapping[str, Any]) -> str:
        """Return the address with the ids of what was furnished in it."""
        entry = addresses.BY_NAME[self.page]
        entry = replace(entry, examples={**entry.examples, **self.examples})
        return addresses.address_of(entry, {**ids, "slug": self.at.format_map(ids)}, self.query.format_map(ids))


def _press(name: str) -> Callable[[Tab], Any]:
    return lambda tab: tab.get_by_role("button", name=name, exact=True).first.click()


def _open(text: str) -> Callable[[Tab], Any]:
    return lambda tab: tab.locator("summary").get_by_text(text).first.click()


def _choose(name: str, content: bytes, before: str = "") -> Callable[[Tab], Any]:
    def act(tab: Tab) -> None:
        if before:
            _open(before)(tab)
        tab.locator("input[type=file]").first.set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
        _press("Look at it first")(tab)

    return act


def _sent(**fields: str) -> Callable[[Tab], Any]:
    """Fill fields of the first form that has them all, and send it past the browser's own checks."""

    def act(tab: Tab) -> None:
        has = "".join(f":has([name={name}])" for name in fields)
        form = tab.locator(f"main form{has}").first
        form.evaluate("form => { form.noValidate = true; for (const one of form.elements) one.required = false; }")
        for name, value in fields.items():
            form.locator(f"[name={name}]").first.fill(value)
        with tab.expect_navigation():
            form.evaluate("form => form.requestSubmit(form.querySelector('button:not([type=button])'))")

    return act


def _menu(tab: Tab) -> None:
    button = tab.get_by_role("button", name="Menu")
    if button.is_visible():
        button.click()


def _another_code(tab: Tab) -> None:
    tab.get_by_label("GL code of FULL7").fill("230")
    _press("Save")(tab)


def _send_unseen(tab: Tab) -> None:
    tab.evaluate("document.querySelector('[name=said_count]').form.addEventListener('submit', event => {"
                 " for (const one of event.target.querySelectorAll('[name^=said_]')) one.value = '0'; })")  # fmt: skip
    _press("Send to GL")(tab)


# --- What the register knows ------------------------------------------------------------------------------------------
LEFT_OUT = {
    "mfa_authenticate": "pictured on the way in",
    "mfa_reauthenticate_webauthn": "needs a passkey's hardware",
    "mfa_edit_webauthn": "needs a passkey's hardware",
    "mfa_remove_webauthn": "needs a passkey's hardware",
    "security-xero": "leads to Xero; off unless the settings name it",
}
"""Pages that are not pictured, with the reason."""

AT: Mapping[str, str] = {
    "confirm-organisation": BLUEGUM,
    "console-club": "{reauthorising_slug}",
} | dict.fromkeys(
    ("confirm-restore", "settle-sighting", "void-sighted", "void", "accept-difference", "keep-with-difference",
     "first-open-day"), TROUBLED
)  # fmt: skip
"""Where a page is that the full club does not have."""

STATUS: Mapping[str, int] = {"xero-callback": 400, "accept-invitation": 410}
WITH_SECOND_STEP = {
    "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_reauthenticate",
}  # fmt: skip
"""What only somebody with a second step can open."""


def _registered(audience: Audience) -> dict[str, Picture]:
    """Return each page of the register for an audience, as it opens and in its states."""
    made = {}
    for page in addresses.PAGES.values():
        if page.audience is audience and page.name not in LEFT_OUT:
            plain = Picture(page.name, at=AT.get(page.name, FULL), status=STATUS.get(page.name, 200))
            made[page.name] = plain
            made |= {f"{page.name}-{state}": replace(plain, query=query) for state, query in page.states.items()}
    return made


OF_ANY_CLUB = [
    page.name
    for page in addresses.PAGES.values()
    if page.is_of_club and page.permission is Permission.SEE and set(addresses.examples_of(page)) == {"slug"}
]
"""Pages that stand at a club of which nothing is known yet, for everybody of it."""

# --- What only these clubs have to show -------------------------------------------------------------------------------
JOURNALS = {
    "gl-menu": Picture("gl", act=_menu),
    "gl-as-list": Picture("gl", act=_open("The same as a list")),
    "confirm-send": Picture("gl", "ticked=valid", _send_unseen),
    "record": Picture("gl", "ticked=valid", _press("Record as manually added to GL")),
    "undo-recording": Picture("gl", f"{EVER}&show=recorded&ticked=all", _press("Undo the recording")),
    "record-up-to-today": Picture("record-up-to", "up_to={today}"),
    "gl-printed": Picture("gl", f"{EVER}&show=all", on_paper=True),
    "journal-printed": Picture("journal", "line=all", on_paper=True),
} | {
    f"journal-{state}": Picture("journal", examples={"journal_id": f"full_journal_{state}"})
    for state in ("needs-help", "valid", "empty", "recorded", "sent")
}

OF_THE_FULL = JOURNALS | {
    "gst-check-printed": Picture("gst-check", on_paper=True),
    "transactions-printed": Picture("transactions", on_paper=True),
    "import-running": Picture("import", examples={"import_id": "import_running"}),
    "import-refused": Picture("import", examples={"import_id": "import_refused"}),
    "import-preview": Picture("imports", act=_choose("november.csv", TRANSACTIONS)),
    "import-preview-refused": Picture("imports", act=_choose("report.csv", b"PK\x03\x04\xff\xfe")),
    "gl-codes-retrieved": Picture("gl-codes", act=_press("Get GL Codes")),
    "job-codes-retrieved": Picture("job-codes", act=_press("Get Categories")),
    "charges-mending": Picture("charges", "item=LOCKER"),
    "charges-all-at-once": Picture("charges", act=_open("Set all ticked rows at once")),
    "charges-file": Picture("charges", act=_open("Bring the mapping in as a file")),
    "charges-moves": Picture("charges", act=_another_code),
    "charges-printed": Picture("charges", on_paper=True),
    "mapping-file": Picture("charges", act=_choose("mapping.csv", MAPPING_FINE, "Bring the mapping in as a file")),
    "mapping-file-faulty": Picture("charges", act=_choose("mapping.csv", MAPPING, "Bring the mapping in as a file")),
    "revoke": Picture("general-ledger", act=_press("Revoke Connection")),
    "users-invite-faulty": Picture("users", act=_sent(email="nobody")),
    "users-printed": Picture("users", on_paper=True),
    "api-keys-faulty": Picture("api-keys", act=_sent(name="")),
    "api-key-made": Picture("api-keys", act=_sent(name="Bar tills")),
    "audit-trail-details": Picture("audit-trail", act=_open("Before and after")),
    "audit-trail-printed": Picture("audit-trail", on_paper=True),
}

TROUBLES = {
    "balances": Picture("balances"),
    "balances-under-way": Picture("balances", "at=2026-07-31"),
    "gl": Picture("gl", f"{EVER}&show=all"),
    "waiting-for-xero": Picture("general-ledger"),
    "change-organisation": Picture("change-organisation"),
} | {
    f"journal-{state}": Picture("journal", examples={"journal_id": f"journal_{state}"})
    for state in ("differs", "uncertain", "sending", "voided", "rejected", "queued", "sent", "locked")
}


def _confirming(which: str, at: str = BLUEGUM, act: Callable[[Tab], Any] | None = None) -> Picture:
    return Picture("confirm-organisation", at=at, act=act, examples={"request_id": f"request_{which}"})


OTHERS = {
    "not-found": Picture("gl", at="nobody", status=404),
    "sample-gl": Picture("gl", EVER, at="sheoak"),
    "choose-organisation": _confirming("choose"),
    "taken-organisation": _confirming("taken", act=_press("Yes, connect it")),
    "wrong-organisation": _confirming("wrong", FULL, _press("Yes, connect it")),
    "password-faulty": Picture(
        "account_change_password", act=_sent(oldpassword="wrong", password1="short", password2="other")
    ),
    "api": Picture("api:openapi-view"),
    "vendor-api": Picture("vendor-api:openapi-view"),
} | {f"bad-return-{name}": Picture("xero-callback", f"state={name}-{{look}}&{said}", status=400)
     for name, said in RETURNS.items()}  # fmt: skip

MOVED = (
    {f"moving-{one}-checklist": Picture("changeover", at=f"{{{one}_slug}}") for one in MOVING}
    | {f"moving-{one}-gl": Picture("gl", at=f"{{{one}_slug}}") for one in ("announced", "switched", "reauthorising")}
    | {"moving-switched-general-ledger": Picture("general-ledger", at="{switched_slug}")}
    | {f"{one}-change-organisation": Picture("change-organisation", at=f"{{{one}_slug}}")
       for one in ("announced", "done")}
)  # fmt: skip


def _at(club: str, pictures: Mapping[str, Picture]) -> dict[str, Picture]:
    return {name: replace(picture, at=club) for name, picture in pictures.items()}


def _named(first: str, pictures: Mapping[str, Picture]) -> dict[str, Picture]:
    return {f"{first}-{name}": picture for name, picture in pictures.items()}


# --- Who looks at them ------------------------------------------------------------------------------------------------
_CLUB, _PERSON = _registered(Audience.CLUB), _registered(Audience.PERSON)
_PLAIN = {name: Picture(name) for name in OF_ANY_CLUB}

TREASURER = (
    _named("full", {name: picture for name, picture in (_CLUB | OF_THE_FULL).items() if picture.at == FULL})
    | _named("empty", _at(EMPTY, _PLAIN | {"change-organisation": Picture("change-organisation")}))
    | _named("troubled", {name: picture for name, picture in _CLUB.items() if picture.at == TROUBLED})
    | _named("troubled", _at(TROUBLED, TROUBLES))
    | MOVED
    | {name: picture for name, picture in _CLUB.items() if picture.at == BLUEGUM}
    | {name: picture for name, picture in _PERSON.items() if name not in WITH_SECOND_STEP}
    | OTHERS
)  # fmt: skip

VIEWER = _named("viewer", {name: _CLUB[name] for name in (
    "gl", "imports", "gl-codes", "charges", "general-ledger", "users", "api-keys"
)} | {"journal": Picture("journal", examples={"journal_id": "full_journal_needs-help"})})  # fmt: skip
"""Seen by somebody who may change nothing."""

STAFF = (
    _registered(Audience.STAFF)
    | {
        "console-clubs-printed": Picture("console-clubs", on_paper=True),
        "console-club-unplanned": Picture("console-club"),
        "console-new-app-faulty": Picture("console-new-app", act=_sent(name="", client_id="")),
        "console-plan-faulty": Picture("console-plan", act=_sent(name="")),
        "console-plan-shown": Picture("console-plan", act=_sent(name="Third wave")),
        "console-wave-switch": Picture("console-changeovers", "wave=1", _open("Switch the wave now")),
        "console-roll-back": Picture("console-changeover", act=_open("Roll back")),
    }
    | {
        f"console-changeover-{state}": Picture("console-changeover", examples={"changeover_id": f"{state}_id"})
        for state in MOVING
    }
)

NOBODY = {name: one for name, one in _registered(Audience.ANYBODY).items() if ":" not in name} | {
    "sign-in-faulty": Picture("sign-in", act=_sent(login="tess@banksiapark.example", password="wrong")),  # noqa: S106 - not hers
    "invitation": Picture("invitation", examples={"token": "invitation_token"}),
    "invitation-bad": Picture("invitation", status=410),
    "healthz": Picture("healthz"),
}

SECOND = {name: _PERSON[name] for name in sorted(WITH_SECOND_STEP)} | {
    "security-with-app": Picture("security"),
    "not-allowed": Picture("change-organisation", status=403),
}
"""Seen by somebody with a second step; the step itself, `/sign-in/second-step/`, is pictured on the way in."""

ALL: dict[str, Picture] = TREASURER | VIEWER | STAFF | NOBODY | SECOND
