"""Logs are JSON, one object a line, and never hold a secret."""

import json
import logging
import logging.config

from clubledger.foundation import logs


def lines_of(capsys):
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_one_object_with_time_level_and_logger(capsys):
    logging.config.dictConfig(logs.configuration(level="INFO", form="json"))
    logs.logger("clubledger.trial").info("import.done", rows=3)
    logging.getLogger("some.library").warning("plain %s", "words")
    ours, theirs = lines_of(capsys)
    assert ours["event"] == "import.done"
    assert ours["rows"] == 3
    assert ours["level"] == "info"
    assert ours["logger"] == "clubledger.trial"
    assert ours["timestamp"].endswith("Z")
    assert theirs["event"] == "plain words"


def test_secrets_are_left_out_by_the_name_of_their_field(capsys):
    logging.config.dictConfig(logs.configuration(level="INFO", form="json"))
    logs.logger("clubledger.trial").warning(
        "tokens.refreshed", access_token="abc123", client_secret="def456", password="ghi789", club="banksia"
    )
    (line,) = lines_of(capsys)
    assert line["club"] == "banksia"
    assert not any(secret in json.dumps(line) for secret in ("abc123", "def456", "ghi789"))


def test_an_error_carries_its_trace_without_the_values_of_variables(capsys):
    logging.config.dictConfig(logs.configuration(level="INFO", form="json"))
    secret_of_the_frame = "xyzzy"
    try:
        raise ValueError("broken")
    except ValueError:
        logs.logger("clubledger.trial").exception("task.failed")
    (line,) = lines_of(capsys)
    assert "broken" in json.dumps(line["exception"])
    assert secret_of_the_frame not in json.dumps(line["exception"])


def test_nor_does_it_for_people_whatever_else_is_installed(capsys):
    logging.config.dictConfig(logs.configuration(level="INFO", form="console"))
    secret_of_the_frame = "xyzzy"
    try:
        raise ValueError(str(len(secret_of_the_frame)))
    except ValueError:
        logs.logger("clubledger.trial").exception("task.failed")
    said = capsys.readouterr().err
    assert "ValueError: 5" in said
    assert secret_of_the_frame not in said


def test_an_unknown_level_does_not_stop_the_checks_from_saying_so():
    assert logs.configuration(level="LOUD", form="json")["root"]["level"] == "INFO"
