"""What the database can't take is answered 400, never as a defect of ours."""

import pytest
from django.db import DataError
from django.test import Client, RequestFactory

from clubledger.frame.unstorable import UnstorableRefused
from tests.fixtures_clubs import make_user


def test_a_refusal_of_the_database_is_told_and_nothing_else_is() -> None:
    middleware = UnstorableRefused(lambda _request: None)  # type: ignore[arg-type, return-value]
    request = RequestFactory().get("/")
    answer = middleware.process_exception(request, DataError("NUL"))
    assert answer is not None
    assert answer.status_code == 400
    assert middleware.process_exception(request, ValueError("ours")) is None


@pytest.mark.postgresql
@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/console/clubs/?text=%00", "/console/changeovers/?text=a%00"])
def test_a_nul_in_a_search_is_told(address: str) -> None:
    browser = Client()
    browser.force_login(make_user("stan@vendor.example", is_staff=True))
    answer = browser.get(address)
    assert answer.status_code == 400
    assert "Nothing was changed" in answer.content.decode()
