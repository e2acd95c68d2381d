"""/metrics: figures for a monitoring system that has the token, and nothing of any club."""

import re

import pytest
from django.test import Client

from tests.changeover.conftest import Moving

pytestmark = pytest.mark.django_db
TOKEN = "a-token-for-the-monitoring"


@pytest.fixture
def _token(settings) -> None:
    settings.METRICS_TOKEN = TOKEN


def ask(token: str = TOKEN) -> tuple[int, str]:
    answer = Client().get("/metrics", headers={"authorization": f"Bearer {token}"})
    return answer.status_code, answer.content.decode()


def figure(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found is not None, text
    return float(found[1])


def test_without_a_token_in_the_settings_there_is_no_such_page() -> None:
    assert ask("")[0] == 404


@pytest.mark.usefixtures("_token")
def test_who_has_not_the_token_gets_nothing() -> None:
    for wrong in ("", "no", f"{TOKEN}x"):
        status, text = ask(wrong)
        assert (status, "clubledger_" in text) == (401, False)


@pytest.mark.usefixtures("_token")
def test_it_counts_what_waits_and_what_needs_a_person(moving: Moving) -> None:
    first = moving.invoice(1, amount="987.65")
    moving.queue(first)
    moving.switch()
    moving.xero.later(minutes=10)
    status, text = ask()
    assert status == 200
    assert figure(text, 'clubledger_journals{state="queued"}') == 1
    assert figure(text, 'clubledger_journals_waiting{reason="changeover"}') == 1
    assert figure(text, "clubledger_oldest_queued_seconds") >= 600
    assert figure(text, 'clubledger_changeovers{state="switched"}') == 1
    assert figure(text, "clubledger_audit_trails_broken") == 0
    assert "banksia" not in text
    assert "987" not in text
    for line in text.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+(\{\w+="\w+"\})? ([\d.e+-]+|\+Inf)', line), line
