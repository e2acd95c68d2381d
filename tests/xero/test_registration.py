"""Which Xero app serves a club."""

from typing import Any

import pytest

from clubledger.clubs.models import AuditEvent
from clubledger.xero.connection import registration
from clubledger.xero.errors import AppMisconfigured
from clubledger.xero.models import Connection, XeroApp
from tests.fixtures_clubs import make_club
from tests.fixtures_xero import make_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def from_settings(settings: Any) -> Any:
    settings.XERO_CLIENT_ID, settings.XERO_CLIENT_SECRET = "from-settings", "its-secret"
    settings.CLUBLEDGER_BASE_URL = "https://books.example"
    return settings


def test_without_settings_there_is_none(settings: Any):
    settings.XERO_CLIENT_ID = ""
    assert registration.ensure_app_from_settings() is None


def test_it_is_registered_once_and_brought_up_to_date(from_settings: Any):
    app = registration.ensure_app_from_settings()
    assert app is not None
    assert (app.client_secret, app.redirect_uri) == ("its-secret", "https://books.example/xero/callback")
    XeroApp.objects.update(name="Our app", use_pkce=False, is_certified=True)
    from_settings.XERO_CLIENT_SECRET = "a-new-secret"
    again = registration.ensure_app_from_settings()
    assert again is not None
    assert (again.pk, again.client_secret, again.name, again.use_pkce) == (app.pk, "a-new-secret", "Our app", False)
    events = AuditEvent.objects.across_clubs("the installation's").filter(club=None)
    assert [event.action for event in events.order_by("position")] == ["xero_app.registered", "xero_app.changed"]
    registration.ensure_app_from_settings()
    assert events.count() == 2


def test_a_clubs_own_app_comes_before_the_settings(from_settings: Any):
    club = make_club()
    assert registration.app_for(club).client_id == "from-settings"
    Connection.objects.of(club).create(club=club, app=make_app("clubledger-v2"))
    assert registration.app_for(club).client_id == "clubledger-v2"


def test_the_only_active_app_serves_where_the_settings_name_none(settings: Any):
    settings.XERO_CLIENT_ID = ""
    club = make_club()
    with pytest.raises(AppMisconfigured):
        registration.app_for(club)
    make_app("clubledger-v2", status="retired")
    only = make_app("clubledger-v3")
    assert registration.app_for(club) == only
    make_app("clubledger-bulk")
    with pytest.raises(AppMisconfigured):
        registration.app_for(club)
