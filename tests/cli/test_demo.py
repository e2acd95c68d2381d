"""The demo starts from nothing, shows a club with most of its mapping done, stops cleanly and starts where it was."""

import shlex
import stat
from pathlib import Path

import pytest

from tests.cli.programs import clubledger, free_port, own_settings, status_of

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    made = own_settings(tmp_path_factory.mktemp("demo"), free_port(), free_port())
    # The demo makes its own settings; only the ports and the folder are given to it.
    return {
        name: value
        for name, value in made.items()
        if not name.startswith(("CLUBLEDGER_", "DATABASE_")) or name in {"CLUBLEDGER_VAR", "CLUBLEDGER_PORT"}
    }


@pytest.fixture(scope="module")
def started(environment):
    greeting = clubledger(environment, "demo", "--detach").stdout
    yield greeting
    clubledger(environment, "demo", "--stop")


def settings_of(environment):
    file = Path(environment["CLUBLEDGER_VAR"]) / "demo" / "environment"
    words = shlex.split(file.read_text(encoding="utf-8"), comments=True)
    return file, dict(word.split("=", 1) for word in words if "=" in word)


def test_it_says_where_to_look_and_who_to_be(environment, started):
    _file, settings = settings_of(environment)
    base = f"http://localhost:{environment['CLUBLEDGER_PORT']}"
    assert f"{base}/" in started
    assert f"http://localhost:{environment['SIMULATOR_PORT']}/" in started
    assert "tess@banksiapark.example" in started
    assert settings["CLUBLEDGER_PASSWORD"] in started
    assert status_of(f"{base}/readyz") == 200
    assert status_of(f"{base}/sign-in/") == 200


def test_its_secrets_are_made_for_it_and_for_nobody_else_to_read(environment, started):
    file, settings = settings_of(environment)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert len(settings["CLUBLEDGER_SECRET_KEY"]) > 50


def test_its_club_has_a_year_to_send_and_a_little_left_to_map(environment, started):
    on_it = environment | settings_of(environment)[1]
    unmapped = clubledger(on_it, "map", "--unmapped").stdout
    assert all(code in unmapped for code in ("LOCKER", "FUNCTION", "RAFFLE", "BADDEBT"))
    assert "FULL7" not in unmapped
    assert clubledger(on_it, "journals", "--unsent").stdout.count(" open ") == 365
    assert "Nobody has authorised Xero" in clubledger(on_it, "authorise", "--list").stdout


def test_a_second_one_does_not_disturb_the_first(environment, started):
    assert "is running already" in clubledger(environment, "demo", "--detach").stdout
    refused = clubledger(environment, "demo", status=1)
    assert "make demo-stop" in refused.stderr


def test_it_starts_again_where_it_was(environment, started):
    before = settings_of(environment)[1]
    assert "has stopped" in clubledger(environment, "demo", "--stop").stdout
    assert status_of(f"http://localhost:{environment['CLUBLEDGER_PORT']}/healthz") == 0
    assert "No demo is running" in clubledger(environment, "demo", "--stop").stdout
    clubledger(environment, "demo", "--detach")
    assert settings_of(environment)[1] == before
    listed = clubledger(environment | before, "journals", "--unsent").stdout
    assert listed.count(" open ") == 365


def test_a_port_that_is_none_is_refused(environment):
    refused = clubledger(environment | {"SIMULATOR_PORT": "many"}, "demo", status=1)
    assert "SIMULATOR_PORT is 'many': set it to a port" in refused.stderr
