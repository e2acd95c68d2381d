"""The lists of the pages: where each is, what its heads sort by, and how its rows are found on the page."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Listed:
    """A list: its page, and for each head the column of its file that shows what the head sorts by.

    A head's column may be None where the file says it in other words. `mark` finds the rows of the page by a text that
    stands in the column `known_by` of the file too.
    """

    page: str
    mark: str
    heads: dict[str, int | None]
    known_by: int = 0
    by: str = "sort"
    query: dict[str, str] = field(default_factory=dict)
    args: tuple[str, ...] = ()
    is_of_club: bool = True
    is_of_staff: bool = False


LISTS = {
    "home": Listed(
        "home", r'<a href="/c/[^"?]*">([^<]+)</a></td>',
        {"club": 0, "role": None, "organisation": 2, "state": None, "oldest": 4, "unsent": 5, "helped": 6},
        is_of_club=False,
    ),
    "transactions": Listed(
        "transactions", r">(T-\d)</a>", {"date": 0, "transaction": 2, "kind": None, "member": 4, "amount": 6},
        known_by=2,
    ),
    "transactions of an import": Listed(
        "transactions", r">(T-\d)</a>", {"date": 0, "transaction": 2, "kind": None, "member": 4, "amount": 6},
        known_by=2,
        query={"import": "1"},
    ),
    "imports": Listed(
        "imports", r">(\w\.csv)",
        {"at": 0, "file": 1, "by": 3, "new": 4, "already": 5, "corrected": 6, "refused": 8, "state": None}, known_by=1,
    ),
    "send runs": Listed(
        "send-runs", r"</a></td><td[^>]*>([^<]*)</td>",
        {"at": 0, "who": 1, "dates": 2, "journals": 4, "debit": 5, "sent": 6}, known_by=1,
    ),
    "gl codes": Listed(
        "gl-codes", r'<a href="[^"]*">(20\d)</a>',
        {"code": 0, "name": 1, "used": None, "debit": 8, "credit": 9, "state": None},
    ),
    "one gl code": Listed(
        "gl-code", r'<td[^>]*><a href="[^"]*from=(\d{4}-\d\d-\d\d)',
        {"month": 0, "debit": 1, "credit": 2, "debit_unsent": 5, "credit_unsent": 6}, args=("gl_code",),
    ),
    "job codes": Listed(
        "job-codes", r"<td[^>]*>(Job \d)",
        {"code": 0, "category": 2, "option": 3, "charges": 5, "debit": 6, "credit": 7, "state": None},
    ),
    "charges": Listed(
        "charges", r"<b>(CH\w+)</b>", {"code": 1, "gl_code": 2, "tax_type": 3, "job": 5},
        known_by=1,
    ),
    "account types": Listed("account-types", r"<b>(AC\w+)</b>", {"code": 1, "gl_code": 2}, known_by=1),
    "payment methods": Listed("payment-methods", r"<b>(PM\w+)</b>", {"code": 1, "gl_code": 2}, known_by=1),
    "who has authorised": Listed(
        "general-ledger", r'<td[^>]*>([^<]*)</td><td[^>]*>[^<]*</td><td[^>]*data-label="App"',
        {"person": 0, "organisation": 2, "app": 3, "authorised": 4, "sent": 5, "state": None},
    ),
    "users": Listed(
        "users", r'<a href="[^"]*/users/\d+/">([^<]*)</a>',
        {"name": 0, "role": None, "xero": None, "second_step": None, "signed_in": 5, "state": None},
    ),
    "invitations": Listed(
        "users", r"<td[^>]*>([^<]*@elsewhere[^<]*)</td>",
        {"email": 0, "role": None, "by": 2, "until": 5}, by="invited", query={"table": "invitations"},
    ),
    "api keys": Listed(
        "api-keys", r"<td[^>]*>(Key[^<]*)<",
        {"name": 0, "may": None, "acts_for": 3, "made": 4, "used": 5, "state": None},
    ),
    "gst, tax types": Listed(
        "gst-check", r"<td[^>]*>([^<]+)<small>(?:Sales|Purchases|Verkäufe|Einkäufe)",
        {"type": 2, "gross": 3, "documents": 4, "unsent": 9, "stated": 5, "xero": 6, "difference": 8},
        known_by=2, by="types", query={"period": "2026-07-01"},
    ),
    "gst, documents": Listed(
        "gst-check", r">(D-\d)</a></td>",
        {"transaction": 0, "member": 2, "dated": 3, "on": 4, "tax": 5},
        by="documents", query={"period": "2026-07-01", "table": "documents"},
    ),
    "gst, journals": Listed(
        "gst-check", r">(J-9\d)</a></td>",
        {"date": 0, "journal": 2, "tax_type": 6, "stated": 9, "xero": 10, "difference": 12},
        known_by=2, query={"period": "2026-07-01", "table": "journals"},
    ),
    "balances": Listed(
        "balances", r'<a href="[^"]*account-types/[^"]*">(AC\w+)</a>',
        {"code": 0, "opening": 2, "transactions": 3, "closing": 4, "sent": 5, "recorded": 6, "not_sent": 7,
         "before_cutover": 8, "difference": 9},
        query={"at": "2026-07-31"},
    ),
    "journals": Listed(
        "gl", r'<a href="[^"]*journals/\d+/">([^<]+)</a>',
        {"date": 0, "number": None, "transactions": 3, "lines": 4, "debit": 5, "state": None},
        known_by=2, query={"from": "days of the books", "show": "all"},
    ),
    "lines of a journal": Listed(
        "journal", r'line=line-[^"]*">(\d+)</a>',
        {"code": 1, "job": 3, "tax_type": 4, "debit": 6, "credit": 7, "cents": None, "rows": 11},
        known_by=1, args=("journal",),
    ),
    "refused rows": Listed(
        "import", r"<td[^>]*>(R-\d)</td>", {"line": 0, "transaction": 1, "column": 2, "reason": 4},
        known_by=1, args=("of_import",),
    ),
    "console, clubs": Listed(
        "console-clubs", r'<a href="/console/clubs/[^"?]+">([^<]+)</a>',
        {"club": 1, "connection": None, "oldest": 7, "changeover": None}, known_by=1, is_of_staff=True,
    ),
    "console, changeovers": Listed(
        "console-changeovers", r'<a href="/console/changeovers/\d+/">([^<]+)</a>',
        {"club": 1, "state": None, "authorised": 14, "at": 9, "since": 6}, known_by=1, is_of_staff=True,
    ),
    "console, waves": Listed(
        "console-changeovers", r'<a href="\?wave=\d+">([^<]+)</a>',
        {"wave": 0, "app": 1, "clubs": 3, "done": 4, "stuck": 5},
        by="waves", query={"table": "waves"}, is_of_staff=True,
    ),
    "console, apps": Listed(
        "console-apps", r'<a href="/console/apps/\d+/">([^<]+)</a>',
        {"app": 0, "certified": None, "tier": 7, "clubs": 4, "people": 5, "connections": 6, "state": 8},
        is_of_staff=True,
    ),
    "console, keys": Listed(
        "console-keys", r"<td[^>]*>(Desk[^<]*)</td>", {"name": 0, "acts_for": 2, "made": 3, "used": 4, "state": None},
        is_of_staff=True,
    ),
    "console, what fails": Listed(
        "console-fleet", r"<td[^>]*>(Cause [^<]*)</td>", {"state": None, "cause": 1, "journals": 2, "clubs": 3},
        known_by=1, is_of_staff=True,
    ),
    "audit trail": Listed(
        "audit-trail", r'data-label="Nr?o?\.">(\d+)</td>', {"number": 0},
    ),
}  # fmt: skip
