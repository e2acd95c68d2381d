"""What every answer carries, and that a production installation passes Django's own deploy check without a word."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from clubledger.clubs.models import Role
from tests.fixtures_clubs import add_member, make_club

PRODUCTION = {
    "CLUBLEDGER_SECRET_KEY": "k3-A8s_" * 9,
    "CLUBLEDGER_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "CLUBLEDGER_BASE_URL": "https://books.example.org",
    "PATH": os.environ["PATH"],
}


def in_production(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=PRODUCTION | {"DJANGO_SETTINGS_MODULE": "clubledger.settings"} | more,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_deploy_check_has_nothing_to_say(tmp_path: Path) -> None:
    told = in_production(
        "-m", "django", "check", "--deploy", "--fail-level", "DEBUG", CLUBLEDGER_VAR=str(tmp_path)
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "no issues (0 silenced)" in told.stdout


def test_cookies_passwords_and_uploads_in_production(tmp_path: Path) -> None:
    asked = (
        "from clubledger import settings as s;"
        "print(s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.CSRF_COOKIE_SECURE, s.CSRF_COOKIE_HTTPONLY,"
        "s.SECURE_HSTS_SECONDS, s.SECURE_SSL_REDIRECT, s.PASSWORD_HASHERS[0].rpartition('.')[2], s.DEBUG,"
        "s.DATA_UPLOAD_MAX_MEMORY_SIZE, s.REQUIRE_MFA)"
    )
    told = in_production("-c", asked, CLUBLEDGER_VAR=str(tmp_path)).stdout.strip()
    assert told == "True True True True 31536000 True Argon2PasswordHasher False 5000000 True"


@pytest.mark.parametrize(
    ("value", "words"),
    [("ftp://mail", "CLUBLEDGER_EMAIL_URL"), ("smtp://", "CLUBLEDGER_EMAIL_URL"), ("smtp://h:port", "EMAIL_URL")],
)
def test_a_mail_address_that_cannot_be_read_is_refused(value: str, words: str, tmp_path: Path) -> None:
    told = in_production("-m", "django", "check", "--deploy", CLUBLEDGER_EMAIL_URL=value, CLUBLEDGER_VAR=str(tmp_path))
    assert told.returncode != 0
    assert words in told.stderr


def test_half_a_single_sign_on_is_refused(tmp_path: Path) -> None:
    url = "https://login.example.org"
    told = in_production(
        "-m", "django", "check", "--deploy", CLUBLEDGER_OIDC_SERVER_URL=url, CLUBLEDGER_VAR=str(tmp_path)
    )
    assert "CLUBLEDGER_OIDC_CLIENT_ID" in told.stderr


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    ["/", "/sign-in/", "/security/", "/no-such-page/", "/c/banksia-park/gl/", "/c/banksia-park/configuration/users/",
     "/c/other/gl/", "/healthz", "/api/v1/docs", "/api/v1/club", "/api/v1/nothing", "/sign-in", "/static/no-such.css"],
)  # fmt: skip
def test_every_answer_carries_the_headers(client: Client, path: str) -> None:
    client.force_login(add_member(make_club(), Role.OWNER))
    answer = client.get(path)
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]
    html = answer.content.decode() if not answer.streaming else ""
    assert not re.search(r"<script(?![^>]*(src=|application/json))", html)
    assert not re.search(r"\son[a-z]+=\"|style=\"|<style", html)
    for address in re.findall(r'(?:src|href|action)="([^"]+)"', html):
        assert not address.startswith(("http:", "//")), address


@pytest.mark.parametrize(("host", "secure", "status"), [("evil.example", True, 400), ("testserver", False, 301)])
def test_refusals_before_any_page_carry_the_policy_too(settings, host, secure, status) -> None:  # type: ignore[no-untyped-def]
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get("/sign-in/", headers={"host": host}, secure=secure)
    assert answer.status_code == status
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_what_is_too_big_is_refused_before_it_is_read(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    settings.UPLOAD_MEGABYTES = 1
    client.force_login(add_member(make_club(), Role.OWNER))
    file = SimpleUploadedFile("july.csv", b"x" * 1_000_001)
    answer = client.post("/c/banksia-park/import/preview/", {"file": file, "source": "file"})
    assert answer.status_code == 413
    assert "up to 1 MB" in answer.content.decode()
    assert "Content-Security-Policy" in answer


@pytest.mark.django_db
@pytest.mark.parametrize("length", ["250000001", "9" * 30, "9" * 5000])
def test_what_says_of_itself_that_it_is_too_big_is_refused(client: Client, length: str) -> None:
    client.force_login(add_member(make_club(), Role.OWNER))
    answer = client.generic("POST", "/c/banksia-park/import/preview/", b"", CONTENT_LENGTH=length)
    assert answer.status_code == 413
