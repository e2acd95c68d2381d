"""Refuses to start on bad settings, and says of each what to do. Looks at settings only, never at the database."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from clubledger.foundation import logs

SHORTEST_SECRET = 50
"""What Django's own `check --deploy` asks for."""
SHORTEST_COMMIT_WINDOW_SECONDS = 900
LOOPBACK_NAMES = {"localhost"}
NEVER_AS_HOST = {"127.0.0.1", "::1", "0.0.0.0"}  # noqa: S104 - named to be refused
QUEUE_SCHEMES = {"postgresql", "postgres", "redis", "rediss"}

Check = Callable[[], Iterator[str]]


def unreadable() -> Iterator[str]:
    """Return a finding for the settings that could not be read at all."""
    yield from settings.UNREADABLE_SETTINGS


def secret_key() -> Iterator[str]:
    """Return a finding for a missing, short or monotonous secret key."""
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:
        key = ""
    make_one = 'python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
    if not key:
        yield f"CLUBLEDGER_SECRET_KEY is not set: it signs sessions. Make one with: {make_one}"
    elif len(key) < SHORTEST_SECRET or len(set(key)) < 5:
        yield f"CLUBLEDGER_SECRET_KEY is too easy to guess: at least {SHORTEST_SECRET} characters. Make one: {make_one}"


def encryption_keys() -> Iterator[str]:
    """Return a finding for missing or malformed encryption keys. No key is ever shown."""
    make_one = "clubledger rotate-keys --new-key"
    if not settings.CLUBLEDGER_ENCRYPTION_KEYS:
        yield f"CLUBLEDGER_ENCRYPTION_KEYS is not set: tokens are stored encrypted. Make a key with: {make_one}"
    for position, key in enumerate(settings.CLUBLEDGER_ENCRYPTION_KEYS, 1):
        try:
            Fernet(key)
        except ValueError:
            yield (
                f"CLUBLEDGER_ENCRYPTION_KEYS: key {position} is not 32 bytes in URL-safe base64. "
                f"Make a key with: {make_one}"
            )


def base_url() -> Iterator[str]:
    """Return a finding for an address that Xero would refuse to redirect to, or that carries sessions in the clear."""
    url = settings.CLUBLEDGER_BASE_URL
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        yield f"CLUBLEDGER_BASE_URL is {url!r}: write it as https://books.example.org or http://localhost:8000."
        return
    if parts.scheme not in {"http", "https"} or not host or parts.path or parts.query or parts.fragment:
        yield f"CLUBLEDGER_BASE_URL is {url!r}: write it as https://books.example.org, with nothing after the host."
    elif host in NEVER_AS_HOST:
        yield f"CLUBLEDGER_BASE_URL has the host {host}, which Xero refuses: write http://localhost and the port."
    elif parts.scheme == "http" and host not in LOOPBACK_NAMES:
        yield f"CLUBLEDGER_BASE_URL is {url!r}: Xero takes http only for localhost. Use https."


def allowed_hosts() -> Iterator[str]:
    """Return a finding for a host list that lets every name in."""
    if "*" in settings.ALLOWED_HOSTS:
        yield "CLUBLEDGER_ALLOWED_HOSTS is *: name the hosts that people use, separated by commas."


def xero_addresses() -> Iterator[str]:
    """Return a finding for Xero addresses that are no addresses, or that would send tokens in the clear."""
    for name in ("LOGIN", "IDENTITY", "API", "GO"):
        url = getattr(settings, f"XERO_{name}_URL")
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            parts, host = urlsplit(""), ""
        loopback = host in LOOPBACK_NAMES | NEVER_AS_HOST
        if not host or not (parts.scheme == "https" or (parts.scheme == "http" and loopback)):
            yield (
                f"CLUBLEDGER_XERO_{name}_URL is {url!r}: leave it out for Xero itself, "
                "or give an https address (http only on this machine, for the simulator)."
            )


def xero_buttons() -> Iterator[str]:
    """Return a finding for a folder for Xero's own buttons that holds none."""
    folder = Path(settings.XERO_BUTTONS)
    if settings.XERO_BUTTONS and not any((folder / f"connect.{kind}").is_file() for kind in ("svg", "png")):
        yield (
            f"CLUBLEDGER_XERO_BUTTONS is {settings.XERO_BUTTONS!r}: it must be a folder that holds Xero's button as "
            "connect.svg or connect.png. Leave it out for plain buttons."
        )


def numbers() -> Iterator[str]:
    """Return a finding for numbers out of range."""
    ranges: list[tuple[str, Any, int, int]] = [
        ("CLUBLEDGER_PORT", settings.CLUBLEDGER_PORT, 1, 65535),
        ("CLUBLEDGER_WEB_WORKERS", settings.CLUBLEDGER_WEB_WORKERS, 1, 256),
        ("CLUBLEDGER_WEB_THREADS", settings.CLUBLEDGER_WEB_THREADS, 1, 256),
        ("CLUBLEDGER_WORKER_THREADS", settings.CLUBLEDGER_WORKER_THREADS, 1, 256),
        # A call to Xero may take 60 seconds and must be allowed to end.
        ("CLUBLEDGER_STOP_SECONDS", settings.CLUBLEDGER_STOP_SECONDS, 65, 3600),
        ("CLUBLEDGER_SESSION_HOURS", settings.SESSION_COOKIE_AGE // 3600, 1, 8784),
        ("CLUBLEDGER_UPLOAD_MEGABYTES", settings.UPLOAD_MEGABYTES, 1, 10_000),
        ("CLUBLEDGER_API_REQUESTS_PER_MINUTE", settings.API_REQUESTS_PER_MINUTE, 1, 1_000_000),
    ]
    for name, value, least, most in ranges:
        if not least <= value <= most:
            yield f"{name} is {value}: it must be from {least} to {most}."


def commit_window() -> Iterator[str]:
    """Return a finding for a commit window too short for the promise that a journal is sent once."""
    seconds = settings.XERO_COMMIT_WINDOW_SECONDS
    if seconds < SHORTEST_COMMIT_WINDOW_SECONDS:
        yield (
            f"CLUBLEDGER_XERO_COMMIT_WINDOW_SECONDS is {seconds}: Xero may take up to 15 minutes to commit a request, "
            f"so anything under {SHORTEST_COMMIT_WINDOW_SECONDS} could send a journal twice."
        )


def queue() -> Iterator[str]:
    """Return a finding for a queue address of an unknown kind."""
    scheme = urlsplit(settings.QUEUE_URL).scheme
    if settings.QUEUE_URL and scheme not in QUEUE_SCHEMES:
        yield (
            f"CLUBLEDGER_QUEUE_URL begins with {scheme or 'nothing'}: leave it out for a file on this machine, "
            "or use postgresql://… or redis://…"
        )


def log_settings() -> Iterator[str]:
    """Return a finding for an unknown log level or form."""
    if settings.LOG_LEVEL not in logs.LEVELS:
        yield f"CLUBLEDGER_LOG_LEVEL is {settings.LOG_LEVEL!r}: use one of {', '.join(logs.LEVELS)}."
    if settings.LOG_FORMAT not in logs.FORMS:
        yield f"CLUBLEDGER_LOG_FORMAT is {settings.LOG_FORMAT!r}: use {' or '.join(logs.FORMS)}."


CHECKS: tuple[Check, ...] = (
    unreadable,
    secret_key,
    encryption_keys,
    base_url,
    allowed_hosts,
    xero_addresses,
    xero_buttons,
    numbers,
    commit_window,
    queue,
    log_settings,
)


def faults() -> list[str]:
    """Return everything that is wrong with the settings, each with what to do; empty if nothing is."""
    return [words for check in CHECKS for words in check()]


def refuse_bad_settings() -> None:
    """Raise ImproperlyConfigured with all faults at once, if there are any."""
    found = faults()
    if found:
        raise ImproperlyConfigured("The settings need mending (see docs/settings.md):\n  " + "\n  ".join(found))


@checks.register(checks.Tags.security)
def check_settings(**_options: Any) -> list[checks.CheckMessage]:
    """Return the faults in the form of Django's system checks."""
    return [checks.Error(words, id="clubledger.E001") for words in faults()]
