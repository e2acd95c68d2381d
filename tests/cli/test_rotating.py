"""Keys are rotated while the product runs: old keys can go, nothing is lost, nothing is shown."""

import pytest
from cryptography.fernet import Fernet
from django.db import connection

from clubledger.cli.main import run
from clubledger.foundation import crypto, rotation
from clubledger.xero.models import XeroApp

pytestmark = pytest.mark.django_db


def stored_secret():
    with connection.cursor() as cursor:
        cursor.execute("SELECT client_secret FROM xero_xeroapp")
        return cursor.fetchone()[0]


def test_a_new_key_is_printed_without_any_setting(capsys, settings):
    settings.CLUBLEDGER_ENCRYPTION_KEYS = []
    assert run(["rotate-keys", "--new-key"]) == 0
    Fernet(capsys.readouterr().out.strip())


def test_after_rotation_the_old_key_can_go(settings, capsys):
    old, new = crypto.new_key(), crypto.new_key()
    settings.CLUBLEDGER_ENCRYPTION_KEYS = [old]
    XeroApp.objects.create(name="V2", client_id="v2", client_secret="s3cret", redirect_uri="x", scopes="openid")
    before = stored_secret()
    settings.CLUBLEDGER_ENCRYPTION_KEYS = [new, old]
    assert run(["rotate-keys"]) == 0
    assert capsys.readouterr().out.startswith("1 secrets")
    assert stored_secret() != before
    settings.CLUBLEDGER_ENCRYPTION_KEYS = [new]
    assert XeroApp.objects.get().client_secret == "s3cret"


def test_a_secret_that_no_key_opens_is_said_and_nothing_is_changed(settings, capsys):
    settings.CLUBLEDGER_ENCRYPTION_KEYS = [crypto.new_key()]
    XeroApp.objects.create(name="V2", client_id="v2", client_secret="s3cret", redirect_uri="x", scopes="openid")
    before = stored_secret()
    settings.CLUBLEDGER_ENCRYPTION_KEYS = [crypto.new_key()]
    assert run(["rotate-keys"]) == 1
    assert "no configured encryption key opens this secret" in capsys.readouterr().err
    assert stored_secret() == before


def test_every_encrypted_column_is_found():
    columns = {(model.__name__, name) for model, name in rotation.encrypted_columns()}
    assert ("XeroApp", "client_secret") in columns
    assert ("TokenSet", "refresh_token") in columns
