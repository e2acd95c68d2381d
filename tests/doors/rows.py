"""What each address answers to whom. Every named address of the installation must have its row in one of the tables.

A room's door adds its own table in a module `rows_<door>.py` beside this one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from clubledger.clubs.access import PERMISSIONS, Permission

PEOPLE = ("owner", "administrator", "accounts", "viewer", "stranger", "staff", "nobody")
"""Four roles at the club; the owner of another club; the vendor's staff; somebody not signed in."""


@dataclass(frozen=True)
class Row:
    """An address: how it is asked, what the person needs, and what an allowed one gets."""

    permission: Permission | None = Permission.SEE
    method: str = "get"
    args: Callable[[Any], list[Any]] = lambda world: []
    foreign: Callable[[Any], list[Any]] | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    fine: int = 200
    is_of_club: bool = True
    leads_to_sign_in: bool = True
    expected: Mapping[str, int] = field(default_factory=dict)

    def answers(self, who: str) -> int:
        """Give the status that `who` must get."""
        if who in self.expected:
            return self.expected[who]
        if not self.is_of_club:
            return self.fine
        if who == "nobody":
            return 302
        if who in {"stranger", "staff"}:
            return 404
        return self.fine if self.permission in PERMISSIONS[who] else 403


def anybody(**more: Any) -> Row:
    """An address that needs no sign-in."""
    return Row(permission=None, is_of_club=False, **more)


def signed_in(**more: Any) -> Row:
    """An address for whoever is signed in, of whichever club."""
    return Row(permission=None, is_of_club=False, expected={"nobody": 302} | more.pop("expected", {}), **more)


def see(**more: Any) -> Row:
    """A page of the club."""
    return Row(**more)


def act(permission: Permission, fine: int = 302, **more: Any) -> Row:
    """Something done at the club, by POST."""
    return Row(permission=permission, method="post", fine=fine, **more)


# Home leads a person of one club to it; the vendor's staff, who belong to none, to the console.
HOME = dict.fromkeys(("owner", "administrator", "accounts", "viewer", "stranger"), 302) | {"staff": 302}

ROWS: dict[str, Row] = {
    "healthz": anybody(),
    "readyz": anybody(fine=503),
    # No token is set, so there is nothing.
    "metrics": anybody(fine=404),
    "home": signed_in(expected=HOME),
    "xero-callback": signed_in(fine=400),
    "gl": see(),
    "validate": act(Permission.SEND),
    "send": act(Permission.SEND),
    "send-progress": see(args=lambda w: [w.run.pk], foreign=lambda w: [w.other_run.pk]),
    "send-runs": see(),
    "set-nightly": act(Permission.SEND),
    "confirm-restore": see(permission=Permission.UNDO, fine=404),
    "settle-sighting": see(
        permission=Permission.UNDO, args=lambda w: [w.sighting.pk], foreign=lambda w: [w.other_sighting.pk]
    ),
    "void-sighted": see(
        permission=Permission.UNDO, args=lambda w: [w.sighting.pk], foreign=lambda w: [w.other_sighting.pk]
    ),
    "record": act(Permission.SEND),
    "record-up-to": see(permission=Permission.SEND),
    "undo-recording": act(Permission.UNDO),
    "withdraw": act(Permission.SEND),
    "take-over": act(Permission.SEND),
    "journal": see(args=lambda w: [w.journal.pk], foreign=lambda w: [w.other_journal.pk]),
    "void": see(permission=Permission.UNDO, args=lambda w: [w.sent.pk], foreign=lambda w: [w.other_sent.pk]),
    "accept-difference": see(
        permission=Permission.UNDO, args=lambda w: [w.differing.pk], foreign=lambda w: [w.other_differing.pk]
    ),
    "keep-with-difference": see(
        permission=Permission.UNDO, args=lambda w: [w.differing.pk], foreign=lambda w: [w.other_differing.pk]
    ),
    "first-open-day": see(
        permission=Permission.SEND, args=lambda w: [w.journal.pk], foreign=lambda w: [w.other_journal.pk]
    ),
    "transactions": see(),
    "transaction": see(args=lambda w: [w.transaction.pk], foreign=lambda w: [w.other_transaction.pk]),
    "gst-check": see(),
    "balances": see(),
    "prove-balances": act(Permission.SEE),
    "imports": see(),
    "preview-import": act(Permission.IMPORT, fine=422),
    "start-import": act(Permission.IMPORT, fine=404),
    "import": see(args=lambda w: [w.imported.pk], foreign=lambda w: [w.other_import.pk]),
    "import-progress": see(args=lambda w: [w.imported.pk], foreign=lambda w: [w.other_import.pk]),
    "try-sample": act(Permission.IMPORT),
    "remove-sample": act(Permission.IMPORT),
    "undo-import": see(
        permission=Permission.IMPORT, args=lambda w: [w.imported.pk], foreign=lambda w: [w.other_import.pk]
    ),
    "refused-rows": see(args=lambda w: [w.imported.pk], foreign=lambda w: [w.other_import.pk]),
    "chart-of-accounts": see(),
    "gl-codes": see(),
    "gl-code": see(args=lambda w: [w.gl_code.pk], foreign=lambda w: [w.other_gl_code.pk]),
    "get-gl-codes": act(Permission.GET_GL_CODES),
    "job-codes": see(),
    "get-categories": act(Permission.GET_GL_CODES),
    "link-job-code": act(Permission.CONFIGURE, args=lambda w: [w.job_code.pk], foreign=lambda w: [w.other_job_code.pk]),
    "charges": see(),
    "account-types": see(),
    "payment-methods": see(),
    "mapping-file": act(Permission.CONFIGURE, args=lambda w: ["charges"]),
    "integration-settings": see(),
    "general-ledger": see(),
    "authorize": act(Permission.AUTHORISE, fine=200),
    "revoke": act(Permission.AUTHORISE, fine=200),
    "set-currency": act(Permission.UNDO),
    "post-from": see(permission=Permission.UNDO),
    "change-organisation": see(permission=Permission.UNDO),
    "confirm-organisation": see(
        permission=Permission.AUTHORISE,
        args=lambda w: [w.request_of[w.who].pk],
        foreign=lambda w: [w.request_of["stranger"].pk],
    ),
    "bind-organisation": act(
        Permission.AUTHORISE,
        args=lambda w: [w.request_of[w.who].pk],
        foreign=lambda w: [w.request_of["stranger"].pk],
    ),
}

ALSO_BY_POST: dict[str, Permission] = {
    "void": Permission.UNDO,
    "accept-difference": Permission.UNDO,
    "keep-with-difference": Permission.UNDO,
    "first-open-day": Permission.SEND,
    "settle-sighting": Permission.UNDO,
    "void-sighted": Permission.UNDO,
    "post-from": Permission.UNDO,
    "change-organisation": Permission.UNDO,
    "confirm-restore": Permission.UNDO,
    "record-up-to": Permission.SEND,
    "undo-import": Permission.IMPORT,
    "gl-codes": Permission.CONFIGURE,
    "job-codes": Permission.CONFIGURE,
    "charges": Permission.CONFIGURE,
    "account-types": Permission.CONFIGURE,
    "payment-methods": Permission.CONFIGURE,
    "api-keys": Permission.CONFIGURE,
    "revoke-api-key": Permission.CONFIGURE,
}
"""Pages whose forms post to themselves, and what that needs."""
