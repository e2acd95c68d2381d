"""/healthz and /readyz: for machines, without sign-in, saying what is missing."""

import pytest
from django.db import OperationalError, connection
from django.test import Client

from clubledger.foundation import engine


@pytest.fixture
def client(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    settings.QUEUE_URL = ""
    engine.queue.cache_clear()
    yield Client()
    engine.queue.cache_clear()


def test_it_is_alive_as_long_as_it_answers(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"alive": True})
    assert "no-cache" in answer["Cache-Control"]


@pytest.mark.django_db
def test_it_is_ready_only_while_a_worker_is_seen(client):
    before = client.get("/readyz")
    assert (before.status_code, before.json()) == (503, {"ready": False, "database": True, "worker": False})
    engine.beat()
    after = client.get("/readyz")
    assert (after.status_code, after.json()) == (200, {"ready": True, "database": True, "worker": True})


@pytest.mark.django_db
def test_a_queue_that_is_broken_is_a_missing_worker_and_no_error_page(client, settings, tmp_path):
    settings.VAR_DIR = tmp_path / "a-file"
    settings.VAR_DIR.write_text("in the way")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["worker"]) == (503, False)


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_said(client):
    def gone(*_arguments):
        raise OperationalError("server closed the connection unexpectedly")

    engine.beat()
    with connection.execute_wrapper(gone):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"], answer.json()["worker"]) == (503, False, True)


def test_probes_only_read(client):
    assert client.post("/readyz").status_code == 405
    assert client.head("/healthz").status_code == 200
