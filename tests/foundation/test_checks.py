"""Bad settings are refused before anything starts, all at once, each with what to do."""

import os
import secrets
import subprocess
import sys

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from clubledger.foundation import checks, crypto


def faults_with(settings, **changes):
    for name, value in changes.items():
        setattr(settings, name, value)
    return checks.faults()


def test_the_settings_of_the_tests_are_good():
    assert checks.faults() == []
    checks.refuse_bad_settings()


def test_it_refuses_to_start_without_a_secret_key(settings):
    (words,) = faults_with(settings, SECRET_KEY="")
    assert words.startswith("CLUBLEDGER_SECRET_KEY is not set")
    assert "token_urlsafe" in words


@pytest.mark.parametrize("key", ["short", "a" * 60, "of-49-characters-" + "0123456789abcdef" * 2])
def test_it_refuses_a_secret_key_that_is_easy_to_guess(settings, key):
    (words,) = faults_with(settings, SECRET_KEY=key)
    assert "too easy to guess" in words
    assert key not in words


def test_it_refuses_missing_encryption_keys(settings):
    (words,) = faults_with(settings, CLUBLEDGER_ENCRYPTION_KEYS=[])
    assert "clubledger rotate-keys --new-key" in words


def test_it_refuses_a_malformed_encryption_key_and_does_not_show_it(settings):
    good = settings.CLUBLEDGER_ENCRYPTION_KEYS[0]
    (words,) = faults_with(settings, CLUBLEDGER_ENCRYPTION_KEYS=[good, "not-a-key"])
    assert "key 2" in words
    assert "not-a-key" not in words


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:8000", "which Xero refuses"),
        ("http://[::1]:8000", "which Xero refuses"),
        ("http://books.example.org", "Xero takes http only for localhost"),
        ("https://books.example.org/club", "nothing after the host"),
        ("books.example.org", "nothing after the host"),
        ("http://localhost:99999", "write it as"),
    ],
)
def test_it_refuses_a_base_url_that_xero_would_refuse(settings, url, words):
    assert any(words in fault for fault in faults_with(settings, CLUBLEDGER_BASE_URL=url))


@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "https://books.example.org", "https://books.example.org:8443"]
)
def test_it_takes_a_good_base_url(settings, url):
    assert faults_with(settings, CLUBLEDGER_BASE_URL=url) == []


def test_it_refuses_numbers_out_of_range(settings):
    found = faults_with(settings, CLUBLEDGER_PORT=70000, CLUBLEDGER_WEB_WORKERS=0, CLUBLEDGER_STOP_SECONDS=10)
    assert [fault.split()[0] for fault in found] == [
        "CLUBLEDGER_PORT",
        "CLUBLEDGER_WEB_WORKERS",
        "CLUBLEDGER_STOP_SECONDS",
    ]


def test_it_refuses_numbers_with_which_nobody_could_sign_in_or_send_a_form(settings):
    found = faults_with(settings, SESSION_COOKIE_AGE=0, UPLOAD_MEGABYTES=0, API_REQUESTS_PER_MINUTE=0)
    assert [fault.split()[0] for fault in found] == [
        "CLUBLEDGER_SESSION_HOURS",
        "CLUBLEDGER_UPLOAD_MEGABYTES",
        "CLUBLEDGER_API_REQUESTS_PER_MINUTE",
    ]


def test_it_refuses_a_commit_window_that_could_send_a_journal_twice(settings):
    (words,) = faults_with(settings, XERO_COMMIT_WINDOW_SECONDS=899)
    assert "could send a journal twice" in words
    assert faults_with(settings, XERO_COMMIT_WINDOW_SECONDS=900) == []


def test_it_refuses_xero_addresses_that_would_carry_tokens_in_the_clear(settings):
    (words,) = faults_with(settings, XERO_API_URL="http://api.xero.example")
    assert words.startswith("CLUBLEDGER_XERO_API_URL")
    assert faults_with(settings, XERO_API_URL="http://localhost:8900") == []


def test_it_refuses_an_unknown_queue_a_host_for_all_and_unknown_logs(settings):
    found = faults_with(settings, QUEUE_URL="amqp://x", ALLOWED_HOSTS=["*"], LOG_LEVEL="LOUD", LOG_FORMAT="xml")
    assert len(found) == 4


def test_all_faults_are_said_at_once_and_as_checks_of_django(settings):
    settings.CLUBLEDGER_PORT, settings.XERO_COMMIT_WINDOW_SECONDS = 0, 1
    with pytest.raises(ImproperlyConfigured) as refusal:
        checks.refuse_bad_settings()
    assert "CLUBLEDGER_PORT" in str(refusal.value)
    assert "COMMIT_WINDOW" in str(refusal.value)
    assert sum(message.id == "clubledger.E001" for message in run_checks()) == 2


@pytest.mark.processes
def test_djangos_own_check_of_a_deployment_has_nothing_to_say(tmp_path):
    good = {
        "CLUBLEDGER_SECRET_KEY": secrets.token_urlsafe(50),
        "CLUBLEDGER_ENCRYPTION_KEYS": crypto.new_key(),
        "CLUBLEDGER_BASE_URL": "https://books.example.org",
        "CLUBLEDGER_VAR": str(tmp_path / "var"),
        "DJANGO_SETTINGS_MODULE": "clubledger.settings",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLUBLEDGER_", "DJANGO_"))}
    ended = subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"],
        env=kept | good,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "no issues (0 silenced)" in ended.stdout


def migrate_with(folder, **bad):
    """Run a command with settings that can't be read; returns what it said."""
    ended = subprocess.run(
        [sys.executable, "-m", "clubledger", "migrate"],
        env={**os.environ, **bad, "CLUBLEDGER_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "clubledger.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert not folder.exists()
    return ended.stderr


@pytest.mark.processes
def test_a_command_with_unreadable_settings_says_so_and_does_nothing(tmp_path):
    bad = {
        "CLUBLEDGER_PORT": "eighty",
        "CLUBLEDGER_XERO_REPLAY_SECONDS": "6 min",
        "DATABASE_URL": "mysql://localhost/x",
    }
    said = migrate_with(tmp_path / "var", **bad)
    assert "CLUBLEDGER_PORT is 'eighty': set it to a whole number" in said
    assert "CLUBLEDGER_XERO_REPLAY_SECONDS is '6 min': set it to a whole number" in said
    assert "DATABASE_URL begins with mysql" in said


@pytest.mark.processes
@pytest.mark.parametrize("url", ["postgresql://club:s3cr#et@db:5432/books", "postgresql://club:s3cr[et@db/books"])
def test_an_address_of_the_database_that_can_not_be_read_is_said_without_its_password(tmp_path, url):
    said = migrate_with(tmp_path / "var", DATABASE_URL=url)
    assert "DATABASE_URL can't be read" in said
    assert "s3cr" not in said
