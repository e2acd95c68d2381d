"""The accounting API's door: addresses and verbs, checks in their order, limits, idempotency, errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from xero_simulator import (
    accounts,
    attachments,
    history,
    idempotency,
    journals,
    ledger,
    organisations,
    reports,
    tracking,
)
from xero_simulator.call import Call, envelope, error_answer, not_found
from xero_simulator.connections import Caller, Refused, caller_of, require_reporting, require_scope
from xero_simulator.errors import ApiError, MethodNotImplemented, NotFound
from xero_simulator.exchange import Answer, Request, text_answer
from xero_simulator.faults import Fault
from xero_simulator.model import LateCommit
from xero_simulator.parts import Running
from xero_simulator.submissions import LARGEST_BODY_BYTES
from xero_simulator.world import World

PREFIX = "/api.xro/2.0/"
Endpoint = Callable[[Call], "dict[str, object] | Answer"]
_ZERO_REMAINING = {
    "minute": "X-MinLimit-Remaining",
    "day": "X-DayLimit-Remaining",
    "appminute": "X-AppMinLimit-Remaining",
}
NOT_SIMULATED = re.compile(
    r"^(BankTransactions|BankTransfers|BatchPayments|BrandingThemes|Budgets|ContactGroups|Contacts|CreditNotes|Currencies"
    r"|Employees|ExpenseClaims|InvoiceReminders|Invoices|Items|LinkedTransactions|Overpayments|Payments|PaymentServices"
    r"|Prepayments|PurchaseOrders|Quotes|Receipts|RepeatingInvoices|Reports|Setup)(/|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Route:
    """An address, the scope area that opens it, and what each verb does."""

    pattern: re.Pattern[str]
    area: str
    verbs: dict[str, Endpoint]
    needs_reporting: bool = False


def _route(pattern: str, area: str, *, needs_reporting: bool = False, **verbs: Endpoint) -> Route:
    return Route(re.compile(f"^{pattern}$", re.IGNORECASE | re.DOTALL), area, verbs, needs_reporting)


_ID = r"/(?P<id>[^/]+)"
_JOURNAL = rf"ManualJournals?{_ID}"
_CATEGORY = rf"TrackingCategor(?:ies|y){_ID}"
ROUTES = (
    _route(
        "ManualJournals?",
        "manualjournals",
        needs_reporting=True,
        GET=journals.list_journals,
        PUT=journals.create,
        POST=journals.create_or_update,
    ),
    _route(_JOURNAL, "manualjournals", needs_reporting=True, GET=journals.read_one, POST=journals.update_one),
    _route(f"{_JOURNAL}/History", "manualjournals", needs_reporting=True, GET=history.read, PUT=history.add),
    _route(f"{_JOURNAL}/Attachments", "attachments", needs_reporting=True, GET=attachments.list_files),
    _route(
        rf"{_JOURNAL}/Attachments/(?P<file>.+)",
        "attachments",
        needs_reporting=True,
        GET=attachments.read_file,
        PUT=attachments.save_file,
        POST=attachments.save_file,
    ),
    _route("Accounts?", "settings", GET=accounts.list_accounts, PUT=accounts.create_account),
    _route(
        f"Accounts?{_ID}",
        "settings",
        GET=accounts.read_account,
        POST=accounts.update_account,
        DELETE=accounts.delete_account,
    ),
    _route("TaxRates?", "settings", GET=accounts.list_rates, PUT=accounts.save_rate, POST=accounts.save_rate),
    _route(f"TaxRates?{_ID}", "settings", GET=accounts.list_rates),
    _route("TrackingCategor(?:ies|y)", "settings", GET=tracking.list_categories, PUT=tracking.create_category),
    _route(
        _CATEGORY,
        "settings",
        GET=tracking.read_category,
        POST=tracking.update_category,
        DELETE=tracking.delete_category,
    ),
    _route(f"{_CATEGORY}/Options", "settings", PUT=tracking.create_options),
    _route(
        rf"{_CATEGORY}/Options/(?P<option>[^/]+)",
        "settings",
        POST=tracking.update_option,
        DELETE=tracking.delete_option,
    ),
    _route("Organisations?", "settings", GET=organisations.read_organisation),
    _route("Organisations?/Actions", "settings", GET=organisations.read_actions),
    _route("Users?", "settings", GET=organisations.read_users),
    _route(f"Users?{_ID}", "settings", GET=organisations.read_users),
    _route("Reports/TrialBalance", "reports.trialbalance", needs_reporting=True, GET=reports.trial_balance),
    _route("Journals", "journals", GET=ledger.list_journals),
    _route(f"Journals{_ID}", "journals", GET=ledger.read_one),
)


def _find_route(path: str) -> tuple[Route, dict[str, str]] | None:
    rest = path[len(PREFIX) :].rstrip("/")
    for route in ROUTES:
        match = route.pattern.match(rest)
        if match:
            return route, match.groupdict()
    return None


def answer_call(simulator: Running, request: Request, fault: Fault) -> Answer:
    """Answer a call of the accounting API, with the fault that a rule picked for it."""
    world = simulator.world
    headers: list[tuple[str, str]] = []
    caller: Caller | None = None
    try:
        caller = caller_of(world, request)
        if fault.commit == "never":
            answer = _unexecuted(world, caller, request, fault)
        else:
            answer, headers = _admitted(simulator, caller, request, fault)
    except Refused as refused:
        answer = refused.answer if fault.commit != "never" else _unexecuted(world, caller, request, fault)
    answer.headers += [*headers, ("Cache-Control", "no-store, no-cache, max-age=0")]
    if answer.header("Xero-Correlation-Id") is None:
        answer.headers.append(("Xero-Correlation-Id", world.guid()))
    return answer


def _unexecuted(world: World, caller: Caller | None, request: Request, fault: Fault) -> Answer:
    answer = fault.answer() or Answer(200)
    if fault.problem in _ZERO_REMAINING:
        answer.headers.append((_ZERO_REMAINING[fault.problem], "0"))
    if caller is not None and answer.status == 500 and fault.drop is None:
        # Internal failures are remembered too, so that a repetition with the same key fails again.
        idempotency.remember(world, caller.app.client_id, request, answer)
    return answer


def _admitted(
    simulator: Running, caller: Caller, request: Request, fault: Fault
) -> tuple[Answer, list[tuple[str, str]]]:
    """Answer a call whose caller is known: scope, limits, idempotency, then the endpoint."""
    world, app = simulator.world, caller.app
    found = _find_route(request.path)
    if found is not None:
        require_scope(world, caller, found[0].area, write=request.method != "GET")
    refusal, headers = simulator.limits.admit(world.settings, caller, world.now())
    if refusal is not None:
        return refusal, headers
    repeated = idempotency.recall(world, app.client_id, request)
    if repeated is not None:
        return repeated, headers
    if fault.commit == "late":
        _postpone(simulator, caller, request, fault)
        return fault.answer() or Answer(200), headers
    answer = execute(world, caller, request)
    replaced = fault.answer()
    # An internal failure is what gets remembered; a time-out in front of the API leaves the real answer in memory.
    is_internal = replaced is not None and replaced.status == 500
    idempotency.remember(world, app.client_id, request, replaced if is_internal else answer)
    answer = replaced or answer
    delay_seconds = world.settings.latency_seconds
    answer = Answer(answer.status, answer.body, list(answer.headers), delay_seconds)
    if delay_seconds or fault.delay_seconds:
        place = (app.client_id, caller.organisation.tenant_id)
        simulator.limits.enter(place)
        answer.finish = _once(simulator, place)
    return answer, headers


def _once(simulator: Running, place: tuple[str, str]) -> Callable[[], None]:
    left: list[bool] = []

    def finish() -> None:
        with simulator.lock:
            if not left:
                left.append(True)
                simulator.limits.leave(place)

    return finish


def _postpone(simulator: Running, caller: Caller, request: Request, fault: Fault) -> None:
    world = simulator.world
    answered = fault.answer()
    # A caller who was told of an internal failure gets it again; any other finds the key still in use.
    is_internal = answered is not None and answered.status == 500 and fault.drop is None
    idempotency.remember(world, caller.app.client_id, request, answered if is_internal else None)
    simulator.commit_later(
        LateCommit(
            world.now() + timedelta(seconds=fault.delay_seconds + fault.late_seconds),
            caller.app.client_id,
            caller.token.token,
            caller.organisation.tenant_id,
            request.method,
            request.path,
            request.query,
            request.body,
            request.header("content-type") or "",
            idempotency.key_of(request),
        )
    )


def execute(world: World, caller: Caller, request: Request) -> Answer:
    """Carry out a call that nothing stands in the way of, and give its answer, errors included."""
    found = _find_route(request.path)
    try:
        if found is None:
            return _unknown(world, request)
        route, parts = found
        endpoint = route.verbs.get(request.method)
        if endpoint is None:
            raise MethodNotImplemented
        if route.needs_reporting:
            require_reporting(world, caller)
        if len(request.body) > LARGEST_BODY_BYTES:
            return text_answer(413, "The request body is larger than 10 MB")
        kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
        is_readable = not request.body or "file" in parts or kind == "application/json"
        if request.method in {"PUT", "POST"} and not is_readable:
            return text_answer(415, "The simulator reads JSON bodies only: send Content-Type: application/json")
        call = Call(world, caller, request, {key: value for key, value in parts.items() if value is not None})
        payload = endpoint(call)
        return payload if isinstance(payload, Answer) else envelope(call, payload)
    except ApiError as error:
        return error_answer(world, request, error)
    except NotFound:
        return not_found(world, request)
    except Refused as refused:
        return refused.answer


def _unknown(world: World, request: Request) -> Answer:
    if NOT_SIMULATED.match(request.path[len(PREFIX) :]):
        answer = error_answer(world, request, MethodNotImplemented())
        answer.headers.append(("X-Simulator", "this endpoint of Xero is not simulated"))
        return answer
    return not_found(world, request)


def execute_late(world: World, row: LateCommit) -> Answer:
    """Carry out a postponed call, whatever became of its token in the meantime."""
    app = world.store.apps.get(row.client_id)
    organisation = world.store.organisations.get(row.tenant_id)
    token = world.store.access_tokens.get(row.access_token)
    if app is None or organisation is None or token is None:
        return text_answer(410, "The organisation or the app is gone")
    headers = {"content-type": row.content_type, "accept": "application/json", "xero-tenant-id": row.tenant_id}
    caller = Caller(app, organisation, token, organisation.members.get(token.user_id), None, token.user_id)
    return execute(world, caller, Request(row.method, row.path, row.query, headers, row.body))
