"""The chart of the pictured club, and a stand-in for Xero's accounting API that has it a little otherwise by now."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

ACCOUNTS = (
    ("090", "Business Bank Account", "BANK", "ASSET", "BASEXCLUDED"),
    ("210", "Full Memberships", "REVENUE", "REVENUE", "OUTPUT"),
    ("220", "Locker Hire", "REVENUE", "REVENUE", "OUTPUT"),
    ("230", "Green Fees", "REVENUE", "REVENUE", "OUTPUT"),
    ("265", "Card Surcharges", "REVENUE", "REVENUE", "OUTPUT"),
    ("450", "Competition Prizes", "EXPENSE", "EXPENSE", "BASEXCLUDED"),
    ("611", "Member Subscriptions Control", "CURRENT", "ASSET", "BASEXCLUDED"),
    ("615", "Card Clearing", "CURRENT", "ASSET", "BASEXCLUDED"),
    ("812", "Prize Accounts", "CURRLIAB", "LIABILITY", "BASEXCLUDED"),
)
TAXES = (
    ("OUTPUT", "GST on Income", 10), ("EXEMPTOUTPUT", "GST Free Income", 0), ("INPUT", "GST on Expenses", 10),
    ("BASEXCLUDED", "BAS Excluded", 0),
)  # fmt: skip
RENAMED = {"230": "Green Fees and Carts"}
GONE, ARCHIVED = "265", "220"
CLASSES = ("Assets", "Equity", "Expenses", "Liabilities", "Revenue")


def _accounts() -> list[dict[str, str]]:
    known = [
        {"AccountID": f"id-{code}", "Code": code, "Name": RENAMED.get(code, name), "Type": kind, "Class": of_class,
         "TaxType": tax, "Status": "ARCHIVED" if code == ARCHIVED else "ACTIVE"}
        for code, name, kind, of_class, tax in ACCOUNTS if code != GONE
    ]  # fmt: skip
    new = {"AccountID": "id-270", "Code": "270", "Name": "Function Income", "Type": "REVENUE", "Class": "REVENUE"}
    return [*known, new | {"TaxType": "OUTPUT", "Status": "ACTIVE"}]


def _tax_rates() -> list[dict[str, Any]]:
    applies = {f"CanApplyTo{one}": True for one in CLASSES}
    return [{"TaxType": kind, "Name": name, "EffectiveRate": rate, "Status": "ACTIVE"} | applies
            for kind, name, rate in TAXES]  # fmt: skip


def _categories() -> list[dict[str, Any]]:
    names = (("Golf", "ACTIVE", "Golf course"), ("Bar", "ARCHIVED", "Bar"), ("Pro shop", "ACTIVE", "Pro shop"))
    options = [{"TrackingOptionID": code.lower(), "Name": name, "Status": status} for code, status, name in names]
    return [{"TrackingCategoryID": "department", "Name": "Department", "Status": "ACTIVE", "Options": options}]


def _answers() -> dict[str, Any]:
    organisation = {
        "OrganisationID": "picture", "Name": "Banksia Park Golf Club Inc", "BaseCurrency": "AUD", "CountryCode": "AU",
        "ShortCode": "!bpgc", "SalesTaxBasis": "ACCRUALS", "PaysTax": True,
    }  # fmt: skip
    return {
        "Organisation": {"Organisations": [organisation]},
        "Accounts": {"Accounts": _accounts()},
        "TaxRates": {"TaxRates": _tax_rates()},
        "TrackingCategories": {"TrackingCategories": _categories()},
    }


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = _answers().get(self.path.partition("?")[0].rpartition("/")[2])
        body = json.dumps(found or {}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base class calls it
        """Say nothing."""


@contextmanager
def answering() -> Iterator[str]:
    """Answer on a free port, and yield the address."""
    server = ThreadingHTTPServer(("localhost", 0), _Answering)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
