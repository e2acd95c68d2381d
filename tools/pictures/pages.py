"""Every page that is pictured: who looks at it, where it is, and what is done there before the picture is taken.

`tests/doors/test_pictures.py` holds it against the URL configuration: a page that is neither here nor among those left
out for a reason is noticed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from string import Formatter
from typing import Any

from playwright.sync_api import Page as Tab

FULL, EMPTY, TROUBLED = "/c/banksia-park", "/c/wattle-creek", "/c/ironbark-creek"
GL = "/configuration/integration/general-ledger"
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
class Page:
    """A page: its address, what is done there first, and the status that it answers with."""

    path: str
    act: Callable[[Tab], Any] | None = None
    status: int = 200
    on_paper: bool = False

    def address(self, ids: dict[str, Any]) -> str:
        """Give the address with the ids of what was furnished in it."""
        return self.path.format_map(ids)

    def of(self, club: str) -> "Page":
        """Give the page of a club, of which the path names what follows the club's own."""
        return replace(self, path=club + self.path)

    @property
    def names(self) -> list[str]:
        """What of the furnished world the address asks for."""
        return [name for _text, name, _spec, _conversion in Formatter().parse(self.path) if name]


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


OF_A_CLUB = {
    "gl": Page("/gl/"),
    "send-runs": Page("/gl/runs/"),
    "transactions": Page("/transactions/"),
    "imports": Page("/import/"),
    "gst-check": Page("/gst-check/"),
    "balances": Page("/balances/"),
    "chart-of-accounts": Page("/configuration/chart-of-accounts/"),
    "gl-codes": Page("/configuration/chart-of-accounts/gl-codes/"),
    "job-codes": Page("/configuration/chart-of-accounts/job-codes/"),
    "charges": Page("/configuration/charges/"),
    "account-types": Page("/configuration/account-types/"),
    "payment-methods": Page("/configuration/payment-methods/"),
    "integration-settings": Page("/configuration/integration/"),
    "general-ledger": Page(f"{GL}/"),
    "changeover": Page("/configuration/integration/changeover/"),
    "users": Page("/configuration/users/"),
    "api-keys": Page("/configuration/api-keys/"),
    "support-access": Page("/configuration/support/"),
    "audit-trail": Page("/configuration/audit-trail/"),
}
"""Pages of a club that are pictured full and empty."""

ONLY_FULL = {
    "gl-menu": Page("/gl/", _menu),
    "gl-as-list": Page("/gl/", _open("The same as a list")),
    "gl-nothing": Page("/gl/?from=2030-01-01&up_to=2030-01-07"),
    "gl-year": Page("/gl/?from=2020-01-01&up_to=2030-01-01&show=all"),
    "gl-ticked": Page("/gl/?ticked=valid"),
    "gl-recorded": Page("/gl/?from=2020-01-01&up_to=2030-01-01&show=recorded&ticked=all"),
    "confirm-send": Page("/gl/?ticked=valid", _send_unseen),
    "record": Page("/gl/?ticked=valid", _press("Record as manually added to GL")),
    "undo-recording": Page(
        "/gl/?from=2020-01-01&up_to=2030-01-01&show=recorded&ticked=all", _press("Undo the recording")
    ),
    "record-up-to": Page("/gl/record-up-to/?up_to={today}"),
    "record-up-to-later": Page("/gl/record-up-to/?up_to=2030-01-01"),
    "gst-check-months": Page("/gst-check/?length=month"),
    "gl-codes-none": Page("/configuration/chart-of-accounts/gl-codes/?q=zzz"),
    "gl-code": Page("/configuration/chart-of-accounts/gl-codes/2/"),
    "gl-codes-retrieved": Page("/configuration/chart-of-accounts/gl-codes/", _press("Get GL Codes")),
    "job-codes-retrieved": Page("/configuration/chart-of-accounts/job-codes/", _press("Get Categories")),
    "journal": Page("/gl/journals/1/?line=all"),
    "journal-sent": Page("/gl/journals/77/"),
    "journal-needs-help": Page("/gl/journals/2/"),
    "journal-valid": Page("/gl/journals/4/"),
    "journal-empty": Page("/gl/journals/9/"),
    "journal-recorded": Page("/gl/journals/20/"),
    "journal-printed": Page("/gl/journals/1/?line=all", on_paper=True),
    "gl-printed": Page("/gl/?from=2020-01-01&up_to=2030-01-01&show=all", on_paper=True),
    "gst-check-printed": Page("/gst-check/", on_paper=True),
    "transactions-printed": Page("/transactions/", on_paper=True),
    "charges-printed": Page("/configuration/charges/", on_paper=True),
    "users-printed": Page("/configuration/users/", on_paper=True),
    "audit-trail-printed": Page("/configuration/audit-trail/", on_paper=True),
    "transaction": Page("/transactions/1/"),
    "transactions-none": Page("/transactions/?q=nobody"),
    "post-from": Page(f"{GL}/post-from/?post_from=2030-01-01"),
    "import": Page("/import/1/"),
    "undo-import": Page("/import/1/undo/"),
    "import-running": Page("/import/2/"),
    "import-refused": Page("/import/3/"),
    "import-preview": Page("/import/", _choose("november.csv", TRANSACTIONS)),
    "import-preview-refused": Page("/import/", _choose("report.csv", b"PK\x03\x04\xff\xfe")),
    "charges-mending": Page("/configuration/charges/?item=LOCKER"),
    "charges-none": Page("/configuration/charges/?q=zzz"),
    "charges-all-at-once": Page("/configuration/charges/", _open("Set all ticked rows at once")),
    "charges-file": Page("/configuration/charges/", _open("Bring the mapping in as a file")),
    "charges-moves": Page("/configuration/charges/", _another_code),
    "mapping-file": Page(
        "/configuration/charges/", _choose("mapping.csv", MAPPING_FINE, "Bring the mapping in as a file")
    ),
    "mapping-file-faulty": Page(
        "/configuration/charges/", _choose("mapping.csv", MAPPING, "Bring the mapping in as a file")
    ),
    "revoke": Page(f"{GL}/", _press("Revoke Connection")),
    "change-organisation": Page(f"{GL}/organisation/"),
    "wrong-organisation": Page(f"{GL}/confirm/{{request_wrong}}/", _press("Yes, connect it")),
    "users-invite-faulty": Page("/configuration/users/", _sent(email="nobody")),
    "api-keys-faulty": Page("/configuration/api-keys/", _sent(name="")),
    "api-key-made": Page("/configuration/api-keys/", _sent(name="Bar tills")),
    "audit-trail-none": Page("/configuration/audit-trail/?q=nobody"),
    "audit-trail-details": Page("/configuration/audit-trail/", _open("Before and after")),
    "user": Page("/configuration/users/{member}/"),
    "revoke-api-key": Page("/configuration/api-keys/{key}/revoke/"),
}

TROUBLES = {
    "balances": Page("/balances/"),
    "balances-under-way": Page("/balances/?at=2026-07-31"),
    "gl": Page("/gl/?from=2020-01-01&up_to=2030-01-01&show=all"),
    "waiting-for-xero": Page(f"{GL}/"),
    "change-organisation": Page(f"{GL}/organisation/"),
    "confirm-restore": Page("/gl/restored/"),
    "settle-sighting": Page("/gl/seen/{sighting}/"),
    "void-sighted": Page("/gl/seen/{sighting}/void/"),
    "void": Page("/gl/journals/{journal_sent}/void/"),
    "accept-difference": Page("/gl/journals/{journal_differs}/accept/"),
    "keep-with-difference": Page("/gl/journals/{journal_differs}/difference/"),
    "first-open-day": Page("/gl/journals/{journal_rejected}/first-open-day/"),
} | {
    f"journal-{state}": Page(f"/gl/journals/{{journal_{state}}}/")
    for state in ("differs", "uncertain", "sending", "voided", "rejected", "queued", "sent", "locked")
}  # fmt: skip

OTHERS = {
    "home": Page("/"),
    "not-found": Page("/c/nobody/gl/", status=404),
    "sample-gl": Page("/c/sheoak/gl/?from=2020-01-01&up_to=2030-01-01"),
    "bad-return-tampered": Page("/xero/callback?state=x", status=400),
    "confirm-organisation": Page(f"/c/bluegum{GL}/confirm/{{request_confirm}}/"),
    "choose-organisation": Page(f"/c/bluegum{GL}/confirm/{{request_choose}}/"),
    "taken-organisation": Page(f"/c/bluegum{GL}/confirm/{{request_taken}}/", _press("Yes, connect it")),
    "security": Page("/security/"),
    "security-app": Page("/security/app/"),
    "security-passkey": Page("/security/passkeys/add/"),
    "password": Page("/password/"),
    "password-faulty": Page("/password/", _sent(oldpassword="wrong", password1="short", password2="other")),
    "sign-in-again": Page("/sign-in/again/"),
    "api": Page("/api/v1/docs"),
    "vendor-api": Page("/api/vendor/v1/docs"),
} | {f"bad-return-{name}": Page(f"/xero/callback?state={name}-{{look}}&{said}", status=400)
     for name, said in RETURNS.items()}  # fmt: skip

TREASURER = (
    {f"full-{name}": page.of(FULL) for name, page in (OF_A_CLUB | ONLY_FULL).items()}
    | {f"empty-{name}": page.of(EMPTY) for name, page in OF_A_CLUB.items()}
    | {f"troubled-{name}": page.of(TROUBLED) for name, page in TROUBLES.items()}
    | {f"moving-{one}-checklist": Page(f"/c/{{{one}_slug}}/configuration/integration/changeover/") for one in MOVING}
    | {f"moving-{state}-gl": Page(f"/c/{{{state}_slug}}/gl/") for state in ("announced", "switched", "reauthorising")}
    | {"moving-switched-general-ledger": Page(f"/c/{{switched_slug}}{GL}/")}
    | {f"{one}-change-organisation": Page(f"/c/{{{one}_slug}}{GL}/organisation/") for one in ("announced", "done")}
    | {"empty-change-organisation": Page(f"{EMPTY}{GL}/organisation/")}
    | OTHERS
)  # fmt: skip

VIEWER = {
    f"viewer-{name}": OF_A_CLUB[name].of(FULL)
    for name in ("gl", "imports", "gl-codes", "charges", "general-ledger", "users", "api-keys")
} | {"viewer-journal": Page(f"{FULL}/gl/journals/2/")}
"""Seen by somebody who may change nothing."""

STAFF = {
    "console-clubs": Page("/console/clubs/"),
    "console-clubs-printed": Page("/console/clubs/", on_paper=True),
    "console-clubs-none": Page("/console/clubs/?text=nobody"),
    "console-club": Page("/console/clubs/{reauthorising_slug}/"),
    "console-club-unplanned": Page("/console/clubs/banksia-park/"),
    "console-apps": Page("/console/apps/"),
    "console-app": Page("/console/apps/{app}/"),
    "console-new-app": Page("/console/apps/new/"),
    "console-new-app-faulty": Page("/console/apps/new/", _sent(name="", client_id="")),
    "console-changeovers": Page("/console/changeovers/"),
    "console-wave": Page("/console/changeovers/?wave=1"),
    "console-stuck": Page("/console/changeovers/?stuck=1"),
    "console-plan": Page("/console/changeovers/plan/"),
    "console-plan-faulty": Page("/console/changeovers/plan/", _sent(name="")),
    "console-plan-shown": Page("/console/changeovers/plan/", _sent(name="Third wave")),
    "console-wave-switch": Page("/console/changeovers/?wave=1", _open("Switch the wave now")),
    "console-roll-back": Page("/console/changeovers/{switched_id}/", _open("Roll back")),
    "console-fleet": Page("/console/fleet/"),
    "console-keys": Page("/console/keys/"),
    "console-revoke-key": Page("/console/keys/{staff_key}/revoke/"),
} | {f"console-changeover-{state}": Page(f"/console/changeovers/{{{state}_id}}/") for state in MOVING}

NOBODY = {
    "sign-in": Page("/sign-in/"),
    "sign-in-faulty": Page("/sign-in/", _sent(login="tess@banksiapark.example", password="wrong")),  # noqa: S106 - not hers
    "sign-in-switched-off": Page("/sign-in/switched-off/"),
    "oidc-cancelled": Page("/oidc/cancelled/"),
    "password-reset": Page("/password/reset/"),
    "password-reset-sent": Page("/password/reset/sent/"),
    "password-reset-done": Page("/password/reset/done/"),
    "password-reset-bad": Page("/password/reset/1-no-such-key/"),
    "invitation": Page("/invitations/picture/"),
    "invitation-bad": Page("/invitations/no-such-token/", status=410),
    "healthz": Page("/healthz"),
}

SECOND = {
    "security-with-app": Page("/security/"),
    "security-app-remove": Page("/security/app/remove/"),
    "security-recovery-codes": Page("/security/recovery-codes/"),
    "security-recovery-codes-new": Page("/security/recovery-codes/new/"),
    "sign-in-again-code": Page("/sign-in/again/code/"),
    "not-allowed": Page(f"{FULL}{GL}/organisation/", status=403),
}
"""Seen by somebody with a second step; the step itself, `/sign-in/second-step/`, is pictured on the way in."""

LEFT_OUT = {
    "readyz": "answers to machines", "metrics": "answers to machines", "import-progress": "a part of a page",
    "send-progress": "a part of a page", "refused-rows": "a file", "console": "leads to Clubs",
    "account_login": "sign-in by its other name", "mfa_index": "security by its other name",
    "accept-invitation": "where the invitation's address leads, pictured there",
    "mfa_authenticate": "pictured on the way in", "mfa_login_webauthn": "for the browser's passkey alone",
    "mfa_reauthenticate_webauthn": "for the browser's passkey alone", "account_set_password": "leads to password",
    "mfa_list_webauthn": "leads to security", "mfa_edit_webauthn": "needs a passkey's hardware",
    "mfa_remove_webauthn": "needs a passkey's hardware", "openid_connect_login": "leads to another site",
    "openid_connect_callback": "leads on, or to the page of a cancelled sign-in",
    "security-xero": "leads to Xero; off unless the settings name it",
}  # fmt: skip
"""Addresses that a GET reaches and that are not pictured, with the reason; those of the API are no pages."""
