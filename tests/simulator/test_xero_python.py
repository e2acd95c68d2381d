"""Xero's own Python client over real HTTP, unmodified but for addresses: what it can do at Xero it can do here."""

import gc
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from .driver import ALL_SCOPES, BANKSIA, CALLBACK, TESS, kit, query_of, served
from .facts import fact

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from xero_python.accounting import (
        AccountingApi,
        HistoryRecord,
        HistoryRecords,
        LineAmountTypes,
        ManualJournal,
        ManualJournalLine,
        ManualJournals,
        TrackingCategory,
    )
    from xero_python.api_client import ApiClient
    from xero_python.api_client.configuration import Configuration
    from xero_python.api_client.oauth2 import OAuth2Token, TokenApi
    from xero_python.exceptions import AccountingBadRequestException, HTTPStatusException, RateLimitException
    from xero_python.identity import IdentityApi

# The client leaves the connections of its token calls open; they are collected inside each test.
pytestmark = [pytest.mark.processes, pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")]
APP = "clubledger-bulk"
SECRET = f"{APP}-secret"


@dataclass
class Client:
    """The official client, signed in, with what it was told about tokens."""

    origin: str
    accounting: Any
    identity: Any
    tokens: dict[str, Any]
    tenant: str
    api: Any


def code_from_the_browser(origin: str) -> str:
    query = {"response_type": "code", "client_id": APP, "redirect_uri": CALLBACK, "scope": ALL_SCOPES, "state": "s"}
    address = f"{origin}/identity/connect/authorize?{urlencode(query)}"
    given = kit(origin, "authorise", {"address": address, "user": TESS, "organisations": [BANKSIA]})
    return query_of(given["location"])["code"]


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with served() as (address, _):
        yield address


@pytest.fixture
def client(origin: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    kit(origin, "reset", {})
    kit(origin, "settings", {"limits": False})
    monkeypatch.setattr(TokenApi, "refresh_token_url", f"{origin}/connect/token")
    monkeypatch.setattr(TokenApi, "revoke_token_url", f"{origin}/connect/revocation")
    form = {"grant_type": "authorization_code", "code": code_from_the_browser(origin), "redirect_uri": CALLBACK}
    with httpx2.Client() as http:
        tokens = http.post(f"{origin}/connect/token", data=form, auth=(APP, SECRET)).json()
    configuration = Configuration(oauth2_token=OAuth2Token(client_id=APP, client_secret=SECRET))
    configuration.verify_ssl = False
    api = ApiClient(configuration, pool_threads=1)
    holder = dict(tokens)
    api.oauth2_token_getter(lambda: holder)
    api.oauth2_token_saver(holder.update)
    identity = IdentityApi(api, base_url=origin)
    tenant = identity.get_connections()[0].tenant_id
    yield Client(origin, AccountingApi(api, base_url=f"{origin}/api.xro/2.0"), identity, holder, tenant, api)
    api.rest_client.pool_manager.clear()
    gc.collect()


def a_journal(narration: str = "Takings", **changes: Any) -> Any:
    fields = {
        "narration": narration,
        "date": date(2026, 11, 20),
        "status": "POSTED",
        "line_amount_types": LineAmountTypes.INCLUSIVE,
        "journal_lines": [
            ManualJournalLine(line_amount=Decimal("110.00"), account_code="615", tax_type="BASEXCLUDED"),
            ManualJournalLine(
                line_amount=Decimal("-110.00"),
                account_code="200",
                tax_type="OUTPUT",
                tracking=[TrackingCategory(name="Department", option="Bar")],
            ),
        ],
    }
    return ManualJournal(**(fields | changes))


def create(client: Client, *journals: Any, **options: Any) -> Any:
    given = ManualJournals(manual_journals=list(journals))
    return client.accounting.create_manual_journals(client.tenant, given, **options).manual_journals


@fact("9.1", "xero-python signs in with a code, refreshes, lists and deletes connections, revokes", certainty="seen")
def test_it_signs_in_refreshes_and_disconnects(client: Client) -> None:
    before = dict(client.tokens)
    client.api.refresh_oauth2_token()
    assert client.tokens["access_token"] != before["access_token"]
    assert client.tokens["refresh_token"] != before["refresh_token"]
    (row,) = client.identity.get_connections()
    assert (row.tenant_name, row.tenant_type) == (BANKSIA, "ORGANISATION")
    assert client.identity.get_connections(auth_event_id=row.auth_event_id) == [row]
    client.identity.delete_connection(row.id)
    assert client.identity.get_connections() == []
    dead = client.tokens["refresh_token"]
    client.api.revoke_oauth2_token()
    with pytest.raises(HTTPStatusException) as caught:
        TokenApi(client.api, APP, SECRET).refresh_token(dead, [])
    assert caught.value.body == b'{"error":"invalid_grant"}'


@fact(
    "9.1",
    "xero-python reads organisation, accounts, tax rates, tracking, users, actions, trial balance",
    certainty="seen",
)
def test_it_reads_the_settings(client: Client) -> None:
    organisation = client.accounting.get_organisations(client.tenant).organisations[0]
    assert (organisation.name, organisation.base_currency.value) == (BANKSIA, "AUD")
    assert organisation.created_date_utc.year >= 2026
    accounts = client.accounting.get_accounts(client.tenant, where='Status=="ACTIVE"', order="Code ASC").accounts
    assert accounts[0].code == "090"
    assert {account.code for account in accounts if account.system_account == "GST"} == {"820"}
    rates = client.accounting.get_tax_rates(client.tenant).tax_rates
    assert {rate.tax_type: rate.effective_rate for rate in rates}["OUTPUT"] == Decimal("10.0000")
    categories = client.accounting.get_tracking_categories(client.tenant).tracking_categories
    assert [option.name for option in categories[0].options][:2] == ["Golf", "Bar"]
    assert TESS in {user.email_address for user in client.accounting.get_users(client.tenant).users}
    assert client.accounting.get_organisation_actions(client.tenant).actions
    assert client.accounting.get_report_trial_balance(client.tenant).reports[0].report_name == "Trial Balance"


@fact("9.1", "xero-python creates one and many journals, updates and voids", certainty="seen")
def test_it_creates_updates_and_voids(client: Client) -> None:
    (made,) = create(client, a_journal(), idempotency_key="k", summarize_errors=False)
    assert (made.status, made.date, made.status_attribute_string) == ("POSTED", date(2026, 11, 20), "OK")
    assert [line.tax_amount for line in made.journal_lines] == [Decimal("0.00"), Decimal("-10.00")]
    assert made.journal_lines[1].tracking[0].option == "Bar"
    (again,) = create(client, a_journal(), idempotency_key="k", summarize_errors=False)
    assert again.manual_journal_id == made.manual_journal_id
    assert len(create(client, *[a_journal(f"J {number}") for number in range(30)])) == 30
    change = ManualJournals(manual_journals=[ManualJournal(narration="Edited")])
    edited = client.accounting.update_manual_journal(client.tenant, made.manual_journal_id, change).manual_journals[0]
    assert (edited.narration, len(edited.journal_lines)) == ("Edited", 2)
    void = ManualJournal(manual_journal_id=made.manual_journal_id, narration="Edited", status="VOIDED")
    given = ManualJournals(manual_journals=[void])
    assert (
        client.accounting.update_or_create_manual_journals(client.tenant, given).manual_journals[0].status == "VOIDED"
    )
    shown = client.accounting.get_manual_journal(client.tenant, made.manual_journal_id).manual_journals[0]
    assert shown.status == "VOIDED"


@fact("9.1", "xero-python pages and filters journals", certainty="seen")
def test_it_pages_and_filters(client: Client) -> None:
    create(client, *[a_journal(f"J {number}") for number in range(7)])
    page = client.accounting.get_manual_journals(client.tenant, page=2, page_size=5, order="Narration ASC")
    assert [row.narration for row in page.manual_journals] == ["J 5", "J 6"]
    assert (page.pagination.item_count, page.pagination.page_count) == (7, 2)
    found = client.accounting.get_manual_journals(client.tenant, where='Narration=="J 3"').manual_journals
    assert [(row.narration, row.journal_lines) for row in found] == [("J 3", [])]
    tomorrow = datetime(2100, 1, 1, tzinfo=UTC)
    assert client.accounting.get_manual_journals(client.tenant, if_modified_since=tomorrow).manual_journals == []


@fact("9.1", "xero-python adds history and attachments", certainty="seen")
def test_it_adds_history_and_attachments(client: Client, tmp_path: Path) -> None:
    (made,) = create(client, a_journal())
    key = made.manual_journal_id
    note = HistoryRecords(history_records=[HistoryRecord(details="Sent by the club")])
    client.accounting.create_manual_journal_history_record(client.tenant, key, note)
    records = client.accounting.get_manual_journals_history(client.tenant, key).history_records
    assert "Sent by the club" in {record.details for record in records}
    client.accounting.create_manual_journal_attachment_by_file_name(client.tenant, key, "report.txt", b"Takings")
    (file,) = client.accounting.get_manual_journal_attachments(client.tenant, key).attachments
    assert (file.file_name, file.content_length) == ("report.txt", 7)
    kept = client.accounting.get_manual_journal_attachment_by_id(client.tenant, key, file.attachment_id, "text/plain")
    assert Path(kept).read_bytes() == b"Takings"


@fact("9.1", "xero-python's typed error for 400 has every message", certainty="seen")
def test_its_error_for_400(client: Client) -> None:
    lines = [
        ManualJournalLine(line_amount=Decimal(100), account_code="090"),
        ManualJournalLine(line_amount=Decimal(-10), account_code="200"),
    ]
    with pytest.raises(AccountingBadRequestException) as caught:
        create(client, a_journal(journal_lines=lines))
    assert (caught.value.status, caught.value.error_data["ErrorNumber"]) == (400, 10)
    found = [item["Message"] for item in caught.value.error_data["Elements"][0]["ValidationErrors"]]
    assert found == [
        "Account code '090' is not a valid code for this document.",
        "The total debits (100.00) must equal total credits (-10.00)",
    ]
    (good, bad) = create(client, a_journal(), a_journal(journal_lines=lines), summarize_errors=False)
    assert (good.status_attribute_string, bad.status_attribute_string) == ("OK", "ERROR")
    assert bad.validation_errors[1].message == found[1]


@fact("9.1", "xero-python's errors for 401, 403, 404 and 503 carry the raw body", certainty="seen")
def test_its_errors_for_401_403_404_503(client: Client) -> None:
    def status(call: Any) -> tuple[int, Any]:
        with pytest.raises(HTTPStatusException) as caught:
            call()
        return caught.value.status, caught.value.body

    unknown = "4f6e1a52-0f0c-4f6e-9d5e-3f4f1c3a7b11"
    assert status(lambda: client.accounting.get_manual_journal(client.tenant, unknown))[0] == 404
    assert status(lambda: client.accounting.get_organisations(unknown))[0] == 403
    kit(client.origin, "rules", {"fault": "503-maintenance", "path": "Organisation$", "times": 0})
    found = status(lambda: client.accounting.get_organisations(client.tenant))
    assert found[0] == 503
    kit(client.origin, "rules", method="DELETE")
    kit(client.origin, "tokens/expire", {"kind": "access"})
    code, body = status(lambda: client.accounting.get_organisations(client.tenant))
    assert code == 401
    assert b"TokenExpired" in body


@fact("9.1", "xero-python's RateLimitException for 429", certainty="seen")
def test_its_error_for_429(client: Client) -> None:
    rule = {"fault": "429-minute", "path": "Organisation$", "times": 0, "retry_after_seconds": 0}
    kit(client.origin, "rules", rule)
    with pytest.raises(RateLimitException) as caught:
        client.accounting.get_organisations(client.tenant)
    assert caught.value.status == 429


@fact("9.1", "xero-python sends a PUT four times when the connection drops", certainty="seen")
def test_it_sends_a_put_four_times(client: Client) -> None:
    kit(client.origin, "rules", {"fault": "drop-after-commit", "method": "PUT", "times": 0})
    with pytest.raises(Exception, match="onnection"):
        create(client, a_journal())
    sent = kit(client.origin, "log?method=PUT&path=ManualJournals")["requests"]
    assert len(sent) == 4
    assert len(kit(client.origin, f"organisations/{client.tenant}/journals")["journals"]) == 4
