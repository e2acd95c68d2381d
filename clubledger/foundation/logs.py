"""Structured logs: one JSON object a line on standard error, with secrets left out. Knows nothing of what is logged."""

import logging
from collections.abc import MutableMapping
from typing import Any

import structlog

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
FORMS = ("json", "console")
SECRET_WORDS = ("token", "secret", "password", "verifier", "authorization", "cookie", "api_key")
LEFT_OUT = "…"


def leave_out_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the value of every key whose name speaks of a secret. A processor of structlog."""
    for key in event:
        if any(word in key.lower() for word in SECRET_WORDS):
            event[key] = LEFT_OUT
    return event


def _shared() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        leave_out_secrets,
    ]


def configuration(*, level: str, form: str) -> dict[str, Any]:
    """Return Django's LOGGING for a level and a form (`json` or `console`), and set structlog up to match.

    An unknown level or form falls back to INFO and JSON; `checks` refuses it before anything runs.
    """
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # Traces without the values of variables: tokens and secrets pass through them.
    plain = structlog.dev.plain_traceback
    renderer: list[Any] = [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)]
    if form != "console":
        traces = structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        )
        renderer = [traces, structlog.processors.JSONRenderer(ensure_ascii=False)]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _shared(),
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level if level in LEVELS else "INFO"},
        "loggers": {
            # Both tell of every start and every poll; what matters of them is a warning.
            "huey": {"level": "WARNING"},
            "httpx2": {"level": "WARNING"},
            "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        },
    }


def logger(name: str) -> Any:
    """Return the structured logger of a module: `log = logs.logger(__name__)`, then `log.info("event", key=value)`."""
    return structlog.stdlib.get_logger(name)


def set_level(level: str) -> None:
    """Log from this level up, in the whole program."""
    logging.getLogger().setLevel(level)
