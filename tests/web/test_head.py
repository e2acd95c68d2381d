"""The sign in a club page's head: it tells whether the connection serves whoever reads it."""

import pytest
from django.test import Client
from django.utils import timezone

from clubledger.clubs.models import Role
from clubledger.xero.models import Authorisation, Connection, TokenSet, XeroApp
from tests.fixtures_clubs import add_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def app():
    return XeroApp.objects.create(name="V3", client_id="v3", redirect_uri="http://localhost/xero/callback", scopes="")


@pytest.fixture
def connected(club, app):
    return Connection.objects.of(club).create(club=club, app=app, tenant_id="t", organisation_name="Banksia Inc")


def authorise(club, user, app, **more):
    now = timezone.now()
    tokens = TokenSet.objects.create(app=app, xero_user_id=user.email, access_expires_at=now, refreshed_at=now)
    return Authorisation.objects.of(club).create(
        user=user, club=club, app=app, token_set=tokens, tenant_id="t", organisation_name="O", authorised_at=now, **more
    )


def sign(user, page="users"):
    client = Client()
    client.force_login(user)
    chip = client.get(f"/c/banksia-park/configuration/{page}/").context["chip"]
    return chip.words, chip.is_on


def test_nothing_is_connected(club):
    assert sign(add_member(club, Role.OWNER)) == ("Xero: not connected", False)


def test_whoever_sends_needs_an_authorisation_of_their_own(club, app, connected):
    owner, tess = add_member(club, Role.OWNER), add_member(club, Role.ACCOUNTS)
    authorise(club, owner, app)
    assert sign(owner) == ("Xero: Banksia Inc", True)
    assert sign(tess) == ("Xero: not authorised by you", False)
    assert sign(tess, "integration/general-ledger") == ("Xero: not authorised by you", False)
    assert sign(add_member(club, Role.VIEWER)) == ("Xero: Banksia Inc", True)


def test_one_that_ended_is_told_and_one_of_another_app_is_kept_apart_from_it(club, app, connected):
    nora, tess = add_member(club, Role.ADMINISTRATOR), add_member(club, Role.ACCOUNTS)
    authorise(club, nora, app, ended_at=timezone.now())
    old = XeroApp.objects.create(name="V2", client_id="v2", redirect_uri="http://localhost/xero/callback", scopes="")
    authorise(club, tess, old)
    assert sign(nora) == ("Xero: not authorised by you", False)
    assert sign(tess) == ("Xero: connection moved", False)
    assert sign(add_member(club, Role.VIEWER)) == ("Xero: nobody has authorised", False)
