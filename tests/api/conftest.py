"""Two clubs, a key to each, and a client that speaks JSON."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from clubledger.clubs import api_keys
from clubledger.clubs.models import ApiKey, Club, Role, User
from tests.fixtures_clubs import add_member, make_club

INVOICE = {
    "source_id": "INV-1",
    "kind": "invoice",
    "accounting_date": "2026-07-01",
    "account_type": "SUBS",
    "item": "FULL7",
    "amount": "1100.00",
    "tax_amount": "100.00",
}


@dataclass
class Caller:
    """A system with a key."""

    club: Club
    owner: User
    key: ApiKey
    secret: str

    def get(self, path: str, **query: str) -> Any:
        return Client().get(f"/api/v1{path}", query, headers=self.headers)

    def post(self, body: Any, path: str = "/transactions") -> Any:
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return Client().post(f"/api/v1{path}", text, content_type="application/json", headers=self.headers)

    def push(self, *rows: dict[str, Any], source: str = "pos") -> Any:
        answer = self.post({"source": source, "rows": list(rows)})
        assert answer.status_code == 200, answer.content
        return answer.json()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


def caller_of(club: Club, may_import: bool = True) -> Caller:
    owner = add_member(club, Role.OWNER)
    key, secret = api_keys.create(club=club, actor=owner, name="POS", may_import=may_import)
    return Caller(club, owner, key, secret)


@pytest.fixture
def pos(db: None) -> Caller:
    caches["process"].clear()
    return caller_of(make_club())


@pytest.fixture
def other(db: None) -> Caller:
    return caller_of(make_club("wattle-creek", "Wattle Creek Bowling Club"))
