"""Two pages for machines: /healthz (this program answers) and /readyz (database and worker are there). No sign-in."""

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clubledger.foundation import engine, logs

log = logs.logger(__name__)


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as this program answers at all."""
    return JsonResponse({"alive": True})


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 if the database answers and a worker was seen lately, else 503; the body says which is missing."""
    parts = {"database": _holds(_database_answers), "worker": _holds(engine.worker_seen_lately)}
    return JsonResponse({"ready": all(parts.values()), **parts}, status=200 if all(parts.values()) else 503)


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM clubs_club LIMIT 1")
    return True


def _holds(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except Exception as error:
        log.warning("readyz.failed", question=getattr(question, "__name__", ""), error=repr(error))
        return False
