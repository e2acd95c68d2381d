"""The task engine: Huey on a file, on PostgreSQL or on Redis. It only wakes workers; the database rows are the truth.

Messages are JSON, so that whoever can write to the queue can name a task and nothing more.
"""

import gc
import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import connections
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey, crontab
from huey.consumer import Consumer
from huey.registry import Message
from huey.serializer import Serializer

from clubledger.foundation import clock, logs, stop, wake

HEARTBEAT_KEY = "worker-seen"
HEARTBEAT_SECONDS = 5
SEEN_LATELY_SECONDS = 30
LONGEST_POLL_SECONDS = 1.0
GARBAGE_THRESHOLD = 20_000

log = logs.logger(__name__)


class JsonSerializer(Serializer):  # type: ignore[misc]
    """Messages and values as JSON text instead of Huey's pickles."""

    def _serialize(self, data: Any) -> bytes:
        if isinstance(data, Message):
            fields = {key: value for key, value in data._asdict().items() if value is not None}
            if "eta" in fields:
                fields["eta"] = fields["eta"].isoformat()
            return json.dumps({"message": fields}).encode()
        return json.dumps({"value": data}).encode()

    def _deserialize(self, data: bytes) -> Any:
        content = json.loads(bytes(data))
        if "message" not in content:
            return content["value"]
        fields = content["message"]
        if "eta" in fields:
            fields["eta"] = datetime.fromisoformat(fields["eta"])
        return Message(**fields)


class GracefulConsumer(Consumer):  # type: ignore[misc]
    """A consumer that tells running tasks to come to an end when it is stopped."""

    def stop(self, graceful: bool = False) -> None:
        """Stop taking tasks, and wait for those that run."""
        stop.ask()
        super().stop(graceful=graceful)


def make_queue(url: str) -> Huey:
    """Return a queue at `url`: `postgresql://…`, `redis://…`, or the empty string for a file under the var folder."""
    options: dict[str, Any] = {"name": "clubledger", "results": False, "serializer": JsonSerializer()}
    scheme = urlsplit(url).scheme
    if scheme in {"postgresql", "postgres"}:
        made = PostgresHuey(dsn=url, table_prefix="clubledger_queue", **options)
    elif scheme in {"redis", "rediss"}:
        made = RedisHuey(url=url, **options)
    else:
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        made = SqliteHuey(filename=str(settings.VAR_DIR / "queue.db"), timeout=30, **options)
    _register(made)
    return made


def _register(made: Huey) -> None:
    """Register the one task of the queue, which runs any task by name, and the minute's sweep."""

    def run_task(name: str, arguments: dict[str, Any]) -> None:
        run_by_name(name, arguments)

    def sweep() -> None:
        # Every worker's scheduler comes here each minute; the first one does it for all.
        minute = clock.now().strftime("%Y-%m-%dT%H:%M")
        if made.put_if_empty(f"swept:{minute}", socket.gethostname()):
            made.delete(f"swept:{(clock.now() - timedelta(minutes=5)).strftime('%Y-%m-%dT%H:%M')}")
            wake_sweeps()

    made.run_named = made.task(name="run_named")(run_task)
    made.sweep = made.periodic_task(crontab(), name="sweep")(sweep)


@lru_cache(maxsize=1)
def queue() -> Huey:
    """Return the queue that the settings name; made once, on first use."""
    return make_queue(settings.QUEUE_URL)


@contextmanager
def _own_connections() -> Iterator[None]:
    """Close the thread's database connections afterwards: an idle worker holds none."""
    try:
        yield
    finally:
        connections.close_all()


def run_by_name(name: str, arguments: dict[str, Any]) -> None:
    """Run a task here, with its name in every log line. Errors are logged; the sweep will wake it again."""
    with _own_connections(), structlog.contextvars.bound_contextvars(task=name):
        try:
            wake.run(name, **arguments)
        except Exception:
            log.exception("task.failed", arguments=arguments)


def wake_sweeps() -> None:
    """Wake every registered task whose name ends in `.sweep`: what lost wake-ups have left is found there."""
    for name in wake.names():
        if name.endswith(".sweep"):
            enqueue(name, {}, 0)


def enqueue(name: str, arguments: dict[str, Any], delay_seconds: float) -> None:
    """Put a wake-up into the queue. It never raises: a lost wake-up costs a minute, an error here would cost a page."""
    try:
        made = queue()
        if delay_seconds > 0:
            made.run_named.schedule(args=(name, arguments), delay=delay_seconds)
        else:
            made.run_named(name, arguments)
    except Exception:
        log.exception("wake.lost", name=name)


def start() -> None:
    """Hand the wake-ups of this program to the queue. The web, the worker and the commands call it when they start."""
    wake.use_engine(enqueue)


def beat() -> None:
    """Leave a sign of life of a worker."""
    queue().put(HEARTBEAT_KEY, {"at": clock.now().timestamp(), "host": socket.gethostname(), "pid": os.getpid()})


def worker_seen_at() -> datetime | None:
    """Return the instant of any worker's last sign of life; None if there was none. Raises what the queue raises."""
    seen = queue().get(HEARTBEAT_KEY, peek=True)
    return datetime.fromtimestamp(seen["at"], UTC) if seen else None


def worker_seen_lately() -> bool:
    """Whether a worker gave a sign of life within the last half minute. Raises what the queue raises."""
    seen = worker_seen_at()
    return seen is not None and clock.now() - seen < timedelta(seconds=SEEN_LATELY_SECONDS)


def run_worker(*, threads: int, stop_seconds: int) -> None:
    """Run tasks until told to stop. SIGTERM: takes no more, waits `stop_seconds` for those that run, then returns."""
    start()
    consumer = GracefulConsumer(
        queue(),
        workers=threads,
        worker_type="thread",
        max_delay=LONGEST_POLL_SECONDS,
        graceful_signal="TERM",
        shutdown_timeout=stop_seconds,
    )
    over = threading.Event()
    heart = threading.Thread(target=_keep_beating, args=(over,), name="heartbeat", daemon=True)
    heart.start()
    # What is loaded by now stays: the collector need not look through it again after every few hundred rows.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)
    wake_sweeps()
    log.info("worker.started", threads=threads)
    try:
        consumer.run()
    finally:
        over.set()
        heart.join(timeout=HEARTBEAT_SECONDS)
        connections.close_all()
        log.info("worker.stopped")


def _keep_beating(over: threading.Event) -> None:
    while True:
        try:
            beat()
        except Exception:
            log.exception("heartbeat.failed")
        if over.wait(HEARTBEAT_SECONDS):
            return
