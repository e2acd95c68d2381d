"""Throws generated requests at the simulator and checks after each that nothing broke: `python -m tools.fuzz`.

Schemathesis makes the requests from Xero's published contract, narrowed so that many of them get past the first check.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from xero_simulator.app import Simulator
from xero_simulator.exchange import Answer, Request
from xero_simulator.model import ManualJournal
from xero_simulator.reports import balances, postings

CODES = ["200", "260", "615", "611", "811", "429", "090", "800", "820", "999"]
TAX_TYPES = ["OUTPUT", "INPUT", "BASEXCLUDED", "NONE", "EXEMPTOUTPUT", "NONSENSE"]
DATES = ["2026-11-20", "2026-06-30", "2024-02-29", "/Date(1795132800000)/", "2026-02-30", "20/11/2026"]
DROPPED = {
    "ManualJournal": {"Attachments", "Warnings", "ValidationErrors", "HasAttachments", "UpdatedDateUTC"},
    "Account": {"ValidationErrors", "HasAttachments", "UpdatedDateUTC", "ReportingCode", "ReportingCodeName"},
    "TrackingCategory": {"Options"},
    "ManualJournals": {"Warnings", "pagination"},
}
PATHS = (
    "/Accounts",
    "/Accounts/{AccountID}",
    "/TaxRates",
    "/TrackingCategories",
    "/TrackingCategories/{TrackingCategoryID}",
    "/TrackingCategories/{TrackingCategoryID}/Options",
    "/Organisation",
    "/Organisation/Actions",
    "/Users",
    "/ManualJournals",
    "/ManualJournals/{ManualJournalID}",
    "/ManualJournals/{ManualJournalID}/History",
    "/ManualJournals/{ManualJournalID}/Attachments",
    "/ManualJournals/{ManualJournalID}/Attachments/{FileName}",
    "/Reports/TrialBalance",
    "/Journals",
)
USER, APP, CLUB = "tess@banksiapark.example", "clubledger-bulk", "Banksia Park Golf Club Inc"
SCOPES = (
    "openid offline_access accounting.manualjournals accounting.settings accounting.attachments "
    "accounting.reports.trialbalance.read accounting.journals.read"
)
PORTION = 1_000
WHERES = ['Status=="POSTED"', 'Narration=="a"', 'Url.Contains("x")', "Date>=DateTime(2026,01,01)", 'Narration=="', "(("]


def contract_directory() -> Path | None:
    """Return the place of Xero's published contract, or None: XERO_OPENAPI_DIR, or `shared` beside the repository."""
    beside = Path(__file__).resolve().parents[1].parent / "shared" / "xero-openapi"
    place = Path(os.environ.get("XERO_OPENAPI_DIR") or beside)
    return place if (place / "xero_accounting.yaml").exists() else None


def _either(values: list[Any], otherwise: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [{"enum": values}, otherwise]}


def narrowed(document: dict[str, Any]) -> dict[str, Any]:
    """Return the contract with the simulated paths only, short lists, and values that an organisation really has."""
    document = copy.deepcopy(document)
    document["paths"] = {path: document["paths"][path] for path in PATHS}
    schemas = document["components"]["schemas"]
    for name, dropped in DROPPED.items():
        for key in dropped:
            schemas[name]["properties"].pop(key, None)
    for schema in schemas.values():
        for item in schema.get("properties", {}).values():
            if item.get("type") == "array":
                item["maxItems"] = 3
    amounts = [1, -1, 100.5, -100.5, 0, 99.999, -10000000000, "12.34"]
    schemas["ManualJournalLine"]["properties"] |= {
        "LineAmount": _either(amounts, {"type": "number"}),
        "AccountCode": _either(CODES, {"type": "string", "maxLength": 4}),
        "TaxType": _either(TAX_TYPES, {"type": "string", "maxLength": 4}),
        "Description": {"type": "string", "maxLength": 10},
        "Tracking": {"type": "array", "maxItems": 3, "items": {"$ref": "#/components/schemas/TrackingCategory"}},
    }
    schemas["ManualJournal"]["properties"]["Date"] = _either(DATES, {"type": "string", "maxLength": 10})
    return document


@dataclass
class Fuzz:
    """A simulator under fire, and what has been seen."""

    simulator: Simulator = field(default_factory=lambda: Simulator(seed=1))
    cases: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    check: Callable[[str, Answer], list[str]] | None = None

    def __post_init__(self) -> None:
        self.simulator.settings(limits=False, log_entries=1)
        self.tenant = self.simulator.tenant_id(CLUB)
        self.token = str(self.simulator.connect(USER, APP, CLUB, SCOPES)["access_token"])
        self.account = self.simulator.world.charts.book(self.tenant).chart.accounts[0].account_id
        self.journal_id = ""

    def send(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """Send one request as the connected user, and check everything that must always hold."""
        given = headers | {"authorization": f"Bearer {self.token}", "xero-tenant-id": self.tenant}
        before = dict(self.simulator.world.store.journals.of(self.tenant))
        answer = self.simulator.respond(Request(method, f"/api.xro/2.0{path}", query, given, body))
        answer.finish()
        self.cases += 1
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        assert answer.header("X-Simulator-Defect") is None, "the simulator has a defect"
        assert answer.status < 500 or answer.status == 501, answer.text
        self._check_new(before, answer)
        return answer

    def _check_new(self, before: dict[str, ManualJournal], answer: Answer) -> None:
        """Check the journals that a request made or changed."""
        store = self.simulator.world.store
        after = store.journals.of(self.tenant)
        assert set(before) <= set(after), "a journal vanished"
        touched = [row for key, row in after.items() if before.get(key) is not row]
        assert not touched or answer.status == 200, "a refused request left a journal behind"
        for row in touched:
            self.journal_id = row.journal_id
            self._check_journal(row)
            assert f'"{row.journal_id}"' in answer.text or f">{row.journal_id}<" in answer.text
        if len(after) > 300:
            # Old ones are taken away, so that long runs stay as fast as short ones.
            for key in list(after)[:200]:
                store.journals.delete(key)

    def _check_journal(self, row: ManualJournal) -> None:
        book = self.simulator.world.charts.book(self.tenant)
        assert len(row.lines) >= 2, "half a journal"
        assert row.narration.strip()
        sums = postings(book, row)
        assert sum(sums.values()) == 0, f"{row.journal_id} does not balance"
        if row.status == "POSTED":
            assert all(key in book.by_id for key in sums), "a posting without an account"
        assert all(isinstance(line.amount_cents, int) for line in row.lines)

    def check_all(self) -> None:
        """Check the whole of the books: ids unique over all kinds, debits equal to credits."""
        store, world = self.simulator.world.store, self.simulator.world
        rows = list(store.journals.of(self.tenant).values())
        for row in rows:
            self._check_journal(row)
        keys = [*store.journals.rows, *store.attachments.rows, *store.connections.rows, *store.organisations.rows]
        assert len(keys) == len(set(keys))
        organisation, book = store.organisations[self.tenant], world.charts.book(self.tenant)
        assert len({item.account_id for item in book.chart.accounts}) == len(book.chart.accounts)
        sums = balances(book, rows, organisation, world.now().date())
        assert sum(total for _, total in sums.values()) == 0
        assert sum(moved for moved, _ in sums.values()) == 0


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def _bodies(case: Any) -> st.SearchStrategy[bytes]:
    """Return the case's own body most of the time, else anything at all."""
    from schemathesis.core import NotSet

    own = b"" if isinstance(case.body, NotSet) else case.body
    content = own if isinstance(own, bytes) else json.dumps(own, default=str).encode()
    strange = st.binary(max_size=20) | _json.map(lambda value: json.dumps(value).encode())
    return st.integers(0, 9).flatmap(lambda dice: st.just(content) if dice else strange)


def _address(fuzz: Fuzz, case: Any, draw: st.DataObject) -> str:
    """Return the case's address; ids are real ones about every second time."""
    parts = {key: str(value) for key, value in (case.path_parameters or {}).items()}
    real = {"ManualJournalID": fuzz.journal_id, "AccountID": fuzz.account}
    if draw.draw(st.booleans()):
        parts = {key: real.get(key) or value for key, value in parts.items()}
    path: str = case.path
    for key, value in parts.items():
        path = path.replace("{" + key + "}", value or "x")
    return path


def run(fuzz: Fuzz, cases: int, number: int, directory: Path) -> None:
    """Send that many generated requests; raises AssertionError with the smallest failing one."""
    # It takes a second to import, which nobody should pay who only wants the near-valid journals.
    import schemathesis
    from schemathesis.core.result import Ok

    with (directory / "xero_accounting.yaml").open(encoding="utf-8") as file:
        document = narrowed(yaml.load(file, Loader=yaml.CSafeLoader))
    schema = schemathesis.openapi.from_dict(document)
    operations: list[Any] = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    weights = [operation for operation in operations for _ in range(4 if operation.path == "/ManualJournals" else 1)]
    strategy = st.sampled_from(weights).flatmap(lambda operation: operation.as_strategy())

    @seed(number)
    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(case=strategy, draw=st.data())
    def attack(case: Any, draw: st.DataObject) -> None:
        headers = {key.lower(): str(value) for key, value in (case.headers or {}).items()}
        headers["accept"] = draw.draw(st.sampled_from(["application/json", "application/json", "text/xml"]))
        headers["content-type"] = "application/json"
        params = {key: str(value) for key, value in (case.query or {}).items()}
        if "where" in params and draw.draw(st.booleans()):
            params["where"] = draw.draw(st.sampled_from(WHERES))
        body = draw.draw(_bodies(case)) if case.method.upper() in {"PUT", "POST"} else b""
        answer = fuzz.send(case.method.upper(), _address(fuzz, case, draw), _query(params), headers, body)
        # A key that was used before brings back the earlier answer, which may have been XML.
        is_judged = headers["accept"] == "application/json" and "idempotency-key" not in headers
        if fuzz.check is not None and is_judged:
            found = fuzz.check(case.operation.definition.raw["operationId"], answer)
            assert not found, (case.method, case.path, answer.status, found)

    attack()
    fuzz.check_all()


def _query(params: dict[str, str]) -> str:
    return urlencode(params, errors="replace", quote_via=quote)


_cents = st.integers(-200_000, 200_000)


@st.composite
def _near_valid(draw: st.DrawFn) -> dict[str, Any]:
    """Return a journal that is balanced most of the time, with something odd now and then."""
    cents = draw(st.lists(_cents, min_size=1, max_size=6))
    cents.append(-sum(cents) + draw(st.sampled_from([0] * 9 + [1])))
    lines = []
    for value in cents:
        sign = "-" if value < 0 else ""
        line: dict[str, Any] = {"LineAmount": f"{sign}{abs(value) // 100}.{abs(value) % 100:02d}"}
        line["AccountCode"] = draw(st.sampled_from(["200", "615", "811", "260"] * 5 + CODES))
        if draw(st.booleans()):
            line["TaxType"] = draw(st.sampled_from(["BASEXCLUDED"] * 5 + TAX_TYPES))
        lines.append(line)
    return {
        "Narration": draw(st.text(min_size=1, max_size=8)),
        "Date": draw(st.sampled_from(["2026-11-20"] * 8 + DATES)),
        "Status": draw(st.sampled_from(["POSTED", "POSTED", "DRAFT", "VOIDED"])),
        "LineAmountTypes": draw(st.sampled_from(["Inclusive", "Inclusive", "NoTax", "Exclusive"])),
        "JournalLines": lines,
    }


def run_near_valid(fuzz: Fuzz, cases: int, number: int) -> None:
    """Send batches of almost valid journals, new ones and changes; raises AssertionError."""

    @seed(number)
    @settings(max_examples=cases, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        batch=st.lists(_near_valid(), min_size=1, max_size=4),
        method=st.sampled_from(["PUT", "POST"]),
        summarize=st.sampled_from(["", "summarizeErrors=true", "summarizeErrors=false"]),
        changes=st.booleans(),
    )
    def attack(batch: list[dict[str, Any]], method: str, summarize: str, changes: bool) -> None:
        if changes and method == "POST" and fuzz.journal_id:
            batch[0]["ManualJournalID"] = fuzz.journal_id
        headers = {"accept": "application/json", "content-type": "application/json"}
        body = json.dumps({"ManualJournals": batch}).encode()
        answer = fuzz.send(method, "/ManualJournals", summarize, headers, body)
        if answer.status == 200:
            assert answer.text.count('"ManualJournalID"') == len(batch)

    attack()
    fuzz.check_all()


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives 0 when everything held."""
    parser = argparse.ArgumentParser(description="Fuzz the simulator from Xero's published contract.")
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args(arguments)
    directory = contract_directory()
    if directory is None:
        print("fuzz: Xero's published contract is not here; set XERO_OPENAPI_DIR", file=sys.stderr)
        return 2
    fuzz, started = Fuzz(), time.monotonic()
    print(f"fuzz: {options.cases} cases, seed {options.seed}", flush=True)
    while fuzz.cases < options.cases:
        # In portions: the generator slows down with the number of cases it has to remember.
        portion = min(PORTION, options.cases - fuzz.cases)
        run(fuzz, portion, options.seed + fuzz.cases, directory)
        print(f"fuzz: {fuzz.cases} held after {time.monotonic() - started:.0f} s", flush=True)
    generated = fuzz.cases
    run_near_valid(fuzz, max(options.cases // 10, 10), options.seed)
    counts = ", ".join(f"{status}: {count}" for status, count in sorted(fuzz.statuses.items()))
    print(f"fuzz: {generated} generated and {fuzz.cases - generated} near-valid requests held ({counts})")
    print(f"fuzz: {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
