"""Who may use the API, how often, and the one shape of what goes wrong: keys, throttle, errors."""

from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import caches
from django.core.exceptions import RequestDataTooBig
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle

from clubledger.api.schemas import problem
from clubledger.clubs import api_keys
from clubledger.clubs.access import NotAllowed
from clubledger.clubs.models import ApiKey
from clubledger.foundation import clock

WRONG_KEYS_PER_MINUTE = 60
PREFIX = "/api/"
NO_KEY = (
    "Send a live key of the club as “Authorization: Bearer clk_…”. Make one under Configuration → Security → API Keys."
)


class Key(HttpBearer):
    """Opens the API with a club's key; everything behind it sees that club alone."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        """Return the key, or None for one that opens nothing. Raises Throttled where many wrong ones came before."""
        if not guesses_left(request):
            raise Throttled(wait=_seconds_left())
        try:
            return api_keys.open_with(token.strip())
        except api_keys.KeyRefused:
            note_guess(request)
            return None


def guesses_left(request: HttpRequest) -> bool:
    """Whether the caller may still try keys this minute."""
    return _count(_guesser(request), add=0) < WRONG_KEYS_PER_MINUTE


def note_guess(request: HttpRequest) -> None:
    """Count a wrong key."""
    _count(_guesser(request))


def _guesser(request: HttpRequest) -> str:
    return f"guess-{get_adapter().get_client_ip(request)}"


class PerKey(BaseThrottle):
    """So many requests a minute with one key. Keeps nothing in itself: threads share it."""

    def allow_request(self, request: HttpRequest) -> bool:
        """Count the request, and tell whether it is within the limit."""
        key = getattr(request, "auth", None)
        return not isinstance(key, ApiKey) or _count(f"key-{key.pk}") <= settings.API_REQUESTS_PER_MINUTE

    def wait(self) -> float:
        """Return the seconds until counting begins anew."""
        return _seconds_left()


def _count(what: str, add: int = 1) -> int:
    """Count in this process alone, minute by minute: it guards the machine, and asks no database."""
    cache = caches["process"]
    name = f"api-{what}-{int(clock.now().timestamp()) // 60}"
    cache.add(name, 0, timeout=120)
    return int(cache.incr(name, add))


def _seconds_left() -> int:
    return 60 - int(clock.now().timestamp()) % 60


def shape_errors(api: NinjaAPI) -> None:
    """Let every error of the API answer in the one shape."""

    def answer(error: type[Exception], status: int, words: Callable[[Exception], str]) -> None:
        def told(_request: HttpRequest, found: Any) -> HttpResponse:
            return JsonResponse(problem(status, words(found)), status=status)

        api.add_exception_handler(error, told)

    answer(AuthenticationError, 401, lambda _: NO_KEY)
    answer(NotAllowed, 403, lambda error: f"{error} The key acts for a person, and they lack the right.")
    answer(Http404, 404, lambda _: "There is no such thing at this club.")
    answer(Throttled, 429, lambda _: "Too many requests. Wait as long as Retry-After says.")
    answer(DataError, 422, lambda _: "A text holds what can't be stored, such as the character NUL.")
    answer(RequestDataTooBig, 413, lambda _: "More than 5 MB in one request. Send fewer rows at once.")

    @api.exception_handler(HttpError)
    def told_as_is(_request: HttpRequest, error: HttpError) -> HttpResponse:
        return JsonResponse(problem(error.status_code, error.message), status=error.status_code)

    @api.exception_handler(ValidationError)
    def told_each(_request: HttpRequest, error: ValidationError) -> HttpResponse:
        faults = [
            {"where": ".".join(str(part) for part in fault["loc"][1:]), "reason": str(fault["msg"])}
            for fault in error.errors
        ]
        return JsonResponse(problem(422, "The request can't be read as it should be.", faults), status=422)


class OneShape:
    """Middleware: what never reaches the API's own code, such as an unknown address, answers in the same shape."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, an error of the API as JSON."""
        response = self.get_response(request)
        if not request.path.startswith(PREFIX) or response.status_code < 400:
            return response
        if response.headers.get("Content-Type", "").startswith("application/json"):
            return response
        shaped = JsonResponse(problem(response.status_code), status=response.status_code)
        for name in ("Allow", "Retry-After"):
            if name in response.headers:
                shaped[name] = response.headers[name]
        return shaped
