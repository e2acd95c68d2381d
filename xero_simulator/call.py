"""One call of the accounting API on its way through an endpoint, and the envelope that its answer travels in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from xero_simulator.charts import ChartBook
from xero_simulator.connections import Caller, Refused
from xero_simulator.errors import NOT_FOUND_TEXT, UNKNOWN_ID_TEXT, ApiError, NotFound, QueryParse, ValidationError
from xero_simulator.exchange import Answer, Request, text_answer
from xero_simulator.model import ManualJournal
from xero_simulator.wire import MsDate, json_text, ms_of, xml_text
from xero_simulator.world import World

DEFAULT_PAGE_SIZE = 100
LARGEST_PAGE_SIZE = 1_000
_XML_NAMESPACE = 'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


@dataclass(slots=True)
class Call:
    """A call that has passed the door: who calls, what they ask, and the parts of the address."""

    world: World
    caller: Caller
    request: Request
    parts: dict[str, str] = field(default_factory=dict)

    @property
    def tenant_id(self) -> str:
        """The organisation's id."""
        return self.caller.organisation.tenant_id

    @property
    def book(self) -> ChartBook:
        """The organisation's chart."""
        return self.world.charts.book(self.tenant_id)

    @property
    def wants_json(self) -> bool:
        """True when the caller asked for JSON; otherwise the answer is XML."""
        return wants_json(self.request)

    def journal(self) -> ManualJournal:
        """Return the manual journal that the address names; raises NotFound."""
        found = self.world.store.journals.of(self.tenant_id).get(self.parts["id"].lower())
        if found is None:
            raise NotFound
        return found

    def modified_since(self) -> datetime | None:
        """Return the instant of `If-Modified-Since`; raises Refused with 412 when it cannot be read."""
        text = self.request.header("if-modified-since")
        if not text:
            return None
        try:
            return _read_instant(text.strip())
        except (ValueError, OverflowError):
            raise Refused(text_answer(412, "The If-Modified-Since header cannot be read")) from None

    def page(self) -> tuple[int, int] | None:
        """Return (page, page size) when paging was asked for; the size is clamped to 1,000."""
        text = self.request.params.get("page")
        if text is None or text == "":
            return None
        size = self.request.params.get("pageSize") or str(DEFAULT_PAGE_SIZE)
        numbers = []
        for name, value in (("page", text), ("pageSize", size)):
            if not (value.isascii() and value.isdigit() and int(value[:12]) >= 1 and len(value) <= 9):
                raise QueryParse(f"The {name} parameter must be a whole number from 1")
            numbers.append(int(value))
        return numbers[0], min(numbers[1], LARGEST_PAGE_SIZE)

    def summarize_errors(self) -> bool:
        """Whether one bad element fails the whole request."""
        text = (self.request.params.get("summarizeErrors") or self.request.params.get("SummarizeErrors") or "").lower()
        return text != "false" if text in {"true", "false"} else self.world.settings.summarize_errors_default


def _read_instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = parsedate_to_datetime(text)
    instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    return instant.replace(microsecond=0)


def wants_json(request: Request) -> bool:
    """Whether a request's Accept header asks for JSON."""
    return "json" in (request.header("accept") or "").lower()


def pagination(page: int, size: int, count: int) -> dict[str, object]:
    """Return the pagination object of a list."""
    return {"page": page, "pageSize": size, "pageCount": -(-count // size), "itemCount": count}


def envelope(call: Call, payload: dict[str, object]) -> Answer:
    """Wrap an endpoint's payload; `Id` is also the answer's correlation id."""
    answer_id = call.world.guid()
    body: dict[str, object] = {
        "Id": answer_id,
        "Status": "OK",
        "ProviderName": call.caller.app.name,
        "DateTimeUTC": MsDate(f"/Date({ms_of(call.world.now())})/"),
    }
    body |= payload
    headers = [("Xero-Correlation-Id", answer_id)]
    if call.wants_json:
        return Answer(200, json_text(body).encode(), [("Content-Type", "application/json; charset=utf-8"), *headers])
    text = xml_text("Response", body).replace("<Response>", f"<Response {_XML_NAMESPACE}>", 1)
    return Answer(200, text.encode(), [("Content-Type", "text/xml; charset=utf-8"), *headers])


def error_answer(world: World, request: Request, error: ApiError) -> Answer:
    """Return an error in the shape with `ErrorNumber`, as JSON or XML."""
    headers = [("Xero-Correlation-Id", world.guid())]
    body = error.body()
    if wants_json(request):
        headers.append(("Content-Type", "application/json; charset=utf-8"))
        return Answer(error.status, json_text(body).encode(), headers)
    text = xml_text("ApiException", body).replace("<ApiException>", f"<ApiException {_XML_NAMESPACE}>", 1)
    return Answer(error.status, text.encode(), [*headers, ("Content-Type", "text/xml; charset=utf-8")])


def not_found(world: World, request: Request) -> Answer:
    """Return the answer for an unknown address or id: plain text, or a validation error by setting."""
    if world.settings.not_found_as_json:
        answer = error_answer(world, request, ValidationError([{"ValidationErrors": [{"Message": UNKNOWN_ID_TEXT}]}]))
        answer.status = 404
        return answer
    return text_answer(404, NOT_FOUND_TEXT)
