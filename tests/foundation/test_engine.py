"""The task engine wakes tasks by name on the file queue and on PostgreSQL, and shows that a worker lives."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from huey.consumer import Scheduler

from clubledger.foundation import clock, engine, stop, wake


@pytest.fixture(autouse=True)
def fresh_queue(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    settings.QUEUE_URL = ""
    engine.queue.cache_clear()
    known = dict(wake._tasks)
    yield
    wake._tasks.clear()
    wake._tasks.update(known)
    wake.use_engine(None)
    stop.forget()
    engine.queue.cache_clear()


def drain(queue, at=None):
    """Run what is due, as a worker does; returns how many tasks ran."""
    ran = 0
    while task := queue.dequeue():
        queue.execute(task, at)
        ran += 1
    return ran


def test_a_wake_up_runs_the_task_with_its_arguments():
    seen = []
    wake.task("trial.greet")(lambda **arguments: seen.append(arguments))
    engine.enqueue("trial.greet", {"import_id": 7, "name": "Réception"}, 0)
    assert drain(engine.queue()) == 1
    assert seen == [{"import_id": 7, "name": "Réception"}]


def test_messages_in_the_queue_are_json_and_nothing_that_runs_code():
    engine.enqueue("trial.greet", {"import_id": 7}, 0)
    (message,) = engine.queue().storage.enqueued_items()
    assert bytes(message).startswith(b'{"message"')


def test_a_delayed_wake_up_waits_for_its_time():
    seen = []
    wake.task("trial.later")(lambda: seen.append(1))
    engine.enqueue("trial.later", {}, 60)
    queue = engine.queue()
    drain(queue)
    assert seen == []
    assert queue.scheduled_count() == 1
    minute_later = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=61)
    for task in queue.read_schedule(minute_later):
        queue.enqueue(task)
    drain(queue, minute_later)
    assert seen == [1]


def test_a_task_that_breaks_is_logged_and_the_next_one_runs(caplog):
    seen = []

    def break_down():
        raise RuntimeError("out of paper")

    wake.task("trial.breaks")(break_down)
    wake.task("trial.works")(lambda: seen.append(1))
    engine.enqueue("trial.breaks", {}, 0)
    engine.enqueue("trial.works", {}, 0)
    assert drain(engine.queue()) == 2
    assert seen == [1]
    assert "task.failed" in caplog.text


def test_an_unknown_task_is_no_more_than_a_line_in_the_log(caplog):
    engine.enqueue("trial.unknown", {}, 0)
    assert drain(engine.queue()) == 1
    assert "task.failed" in caplog.text


def test_a_queue_that_can_not_be_reached_costs_the_wake_up_and_not_the_page(settings, tmp_path, caplog):
    settings.VAR_DIR = tmp_path / "a-file"
    settings.VAR_DIR.write_text("in the way")
    engine.enqueue("trial.greet", {}, 0)
    assert "wake.lost" in caplog.text


def test_the_sweep_wakes_every_task_whose_name_ends_so():
    seen = []
    wake.task("trial.sweep")(lambda: seen.append("trial"))
    wake.task("other.sweep")(lambda: seen.append("other"))
    wake.task("trial.sweeping")(lambda: seen.append("no"))
    for name in [name for name in wake.names() if not name.startswith(("trial", "other"))]:
        del wake._tasks[name]
    engine.wake_sweeps()
    drain(engine.queue())
    assert sorted(seen) == ["other", "trial"]


def test_many_workers_sweep_once_a_minute_between_them():
    seen = []
    for name in wake.names():
        del wake._tasks[name]
    wake.task("trial.sweep")(lambda: seen.append(1))
    queue, noon = engine.queue(), datetime(2026, 7, 1, 12, 0, tzinfo=UTC).replace(tzinfo=None)
    with clock.use(clock.SettableClock(datetime(2026, 7, 1, 12, 0, 30, tzinfo=UTC))):
        for _worker in range(3):
            Scheduler(queue, threading.Event(), 1, True).enqueue_periodic_tasks(noon)
        drain(queue)
    assert seen == [1]


def test_a_worker_is_seen_lately_only_while_it_gives_signs_of_life():
    assert engine.worker_seen_at() is None
    assert not engine.worker_seen_lately()
    time_of_day = clock.SettableClock(datetime(2026, 7, 1, 12, 0, tzinfo=UTC))
    with clock.use(time_of_day):
        engine.beat()
        assert engine.worker_seen_lately()
        time_of_day.advance(engine.SEEN_LATELY_SECONDS + 1)
        assert not engine.worker_seen_lately()
        assert engine.worker_seen_at() == datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_a_worker_told_to_stop_finishes_its_task_first():
    events = []
    begun = threading.Event()

    def work():
        begun.set()
        while not stop.is_asked():
            time.sleep(0.01)
        time.sleep(0.2)
        events.append("finished")

    wake.task("trial.work")(work)
    engine.enqueue("trial.work", {}, 0)
    consumer = engine.GracefulConsumer(
        engine.queue(), workers=1, periodic=False, worker_type="thread", shutdown_timeout=20, initial_delay=0.01
    )
    consumer._set_signal_handlers = lambda: None
    running = threading.Thread(target=consumer.run)
    running.start()
    assert begun.wait(10)
    consumer.stop(graceful=True)
    events.append("stopped")
    running.join(10)
    assert events == ["finished", "stopped"]
    assert engine.queue().pending_count() == 0


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_on_postgresql_each_wake_up_has_one_winner_among_many_workers(settings):
    own = connection.settings_dict
    settings.QUEUE_URL = (
        f"postgresql://{own['USER']}:{own['PASSWORD']}@{own['HOST']}:{own['PORT'] or 5432}/{own['NAME']}"
    )
    engine.queue.cache_clear()
    seen = []
    wake.task("trial.count")(lambda **arguments: seen.append(arguments["number"]))
    for number in range(30):
        engine.enqueue("trial.count", {"number": number}, 0)
    queue = engine.queue()
    workers = [threading.Thread(target=lambda: (drain(queue), queue.storage.close())) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert sorted(seen) == list(range(30))
    engine.beat()
    assert engine.worker_seen_lately()
    queue.storage.close()
