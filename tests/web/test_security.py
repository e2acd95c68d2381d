"""Signing in, the second step, sessions and passwords, through the pages as a browser asks for them."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from django.utils import timezone

from clubledger.clubs.models import AuditEvent, Club, Membership, Role, User
from clubledger.clubs.sign_in import has_set_up
from clubledger.foundation import crypto, rotation
from tests.fixtures_clubs import add_member
from tests.web.second_steps import PASSWORD, code_for, set_up_app, sign_in

pytestmark = pytest.mark.django_db
WRONG = "not the password"


def actions(club: Club) -> list[str]:
    return list(AuditEvent.objects.of(club).order_by("position").values_list("action", flat=True))


def test_the_right_password_leads_on_and_is_on_record(client: Client, club: Club, tess: User) -> None:
    answer = client.post(
        "/sign-in/", {"login": "Tess@BanksiaPark.example", "password": PASSWORD, "next": "/c/banksia-park/users/"}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/c/banksia-park/users/")
    event = AuditEvent.objects.of(club).get()
    assert (event.action, event.user, event.after["ip"]) == ("sign_in.done", tess, "127.0.0.1")
    assert "password" in event.summary


def test_it_never_leads_to_another_site(client: Client, tess: User) -> None:
    answer = client.post("/sign-in/", {"login": tess.email, "password": PASSWORD, "next": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_a_wrong_password_and_an_unknown_address_look_the_same(client: Client, club: Club, tess: User) -> None:
    known, unknown = sign_in(client, tess.email, WRONG), sign_in(client, "who@elsewhere.example", WRONG)
    assert known.status_code == unknown.status_code == 200
    told = [re.findall(r'role="alert">.*?</div></div>', page.content.decode(), re.S) for page in (known, unknown)]
    assert told[0]
    assert told[0] == told[1]
    assert actions(club) == ["sign_in.refused"]
    elsewhere = AuditEvent.objects.across_clubs("the installation's own").get(club=None)
    assert "who@elsewhere" not in f"{elsewhere.subject}{elsewhere.summary}{elsewhere.after}"


def test_guessing_is_stopped_even_if_the_last_guess_is_right(client: Client, club: Club, tess: User) -> None:
    for _ in range(5):
        sign_in(client, tess.email, WRONG)
    stopped = sign_in(client, tess.email)
    assert "Too many attempts" in stopped.content.decode()
    assert not stopped.wsgi_request.user.is_authenticated
    # Another address is not locked out with it.
    vera = add_member(club, Role.VIEWER, "vera@banksiapark.example")
    assert sign_in(client, vera.email).status_code == 302


def test_counts_of_guesses_stand_in_the_database_for_all_processes(settings) -> None:  # type: ignore[no-untyped-def]
    assert settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache")


def test_a_switched_off_person_is_told_only_with_the_right_password(client: Client, tess: User) -> None:
    User.objects.filter(pk=tess.pk).update(is_active=False)
    assert "do not match" in sign_in(client, tess.email, WRONG).content.decode()
    assert sign_in(client, tess.email)["Location"] == "/sign-in/switched-off/"


def test_signing_out_needs_a_form(client: Client, tess: User) -> None:
    client.force_login(tess)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/security/").status_code == 302


def test_nobody_signs_up(client: Client) -> None:
    for path in ("/signup/", "/sign-up/", "/accounts/signup/", "/sign-in/signup/"):
        assert client.get(path).status_code == 404


# --- the second step ---


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMINISTRATOR, Role.ACCOUNTS])
def test_whoever_reaches_xero_sets_up_a_second_step_before_anything_else(settings, client, club, role) -> None:  # type: ignore[no-untyped-def]
    settings.REQUIRE_MFA = True
    person = add_member(club, role, "p@banksiapark.example")
    sign_in(client, person.email)
    for path in ("/", "/c/banksia-park/configuration/users/", "/c/banksia-park/gl/"):
        assert client.get(path)["Location"] == "/security/"
    assert "before anything else" in client.get("/security/").content.decode()
    set_up_app(client)
    assert client.get("/c/banksia-park/configuration/users/").status_code == 200


def test_a_viewer_needs_none(settings, client, club) -> None:  # type: ignore[no-untyped-def]
    settings.REQUIRE_MFA = True
    sign_in(client, add_member(club, Role.VIEWER).email)
    assert client.get("/c/banksia-park/configuration/users/").status_code == 200


def test_staff_need_one(settings, client, club) -> None:  # type: ignore[no-untyped-def]
    settings.REQUIRE_MFA = True
    viewer = add_member(club, Role.VIEWER)
    User.objects.filter(pk=viewer.pk).update(is_staff=True)
    sign_in(client, viewer.email)
    assert client.get("/")["Location"] == "/security/"


def test_it_is_required_unless_the_settings_say_otherwise() -> None:
    import subprocess
    import sys

    asked = "from clubledger import settings; print(settings.REQUIRE_MFA)"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, env={"PATH": ""})
    assert told.stdout.strip() == "True"


def test_with_an_app_the_password_alone_opens_nothing(client: Client, club: Club, tess: User) -> None:
    sign_in(client, tess.email)
    secret = set_up_app(client)
    other = Client()
    assert sign_in(other, tess.email)["Location"] == "/sign-in/second-step/"
    assert other.get("/c/banksia-park/configuration/users/").status_code == 302
    wrong = other.post("/sign-in/second-step/", {"code": "000000"})
    assert "This code is not right" in wrong.content.decode()
    assert other.post("/sign-in/second-step/", {"code": code_for(secret, 1)}).status_code == 302
    assert other.get("/c/banksia-park/configuration/users/").status_code == 200
    assert actions(club) == [
        "sign_in.done",
        "security.second_step_added",
        "security.second_step_added",
        "sign_in.second_step_refused",
        "sign_in.done",
    ]


def test_a_code_works_once(client: Client, tess: User) -> None:
    sign_in(client, tess.email)
    secret = set_up_app(client)
    code = code_for(secret, 1)
    first, second = Client(), Client()
    sign_in(first, tess.email)
    assert first.post("/sign-in/second-step/", {"code": code}).status_code == 302
    sign_in(second, tess.email)
    assert second.post("/sign-in/second-step/", {"code": code}).status_code == 200


def test_a_recovery_code_opens_once_and_codes_are_shown_once(client: Client, tess: User) -> None:
    sign_in(client, tess.email)
    set_up_app(client)
    shown = re.findall(r"<code>(\d{8})</code>", client.get("/security/recovery-codes/").content.decode())
    assert len(shown) == 10
    assert shown[0] not in client.get("/security/recovery-codes/").content.decode()
    for expected in (302, 200):
        other = Client()
        sign_in(other, tess.email)
        assert other.post("/sign-in/second-step/", {"code": shown[0]}).status_code == expected
    assert "9 of 10 left" in client.get("/security/").content.decode()


def test_secrets_of_second_steps_are_encrypted_at_rest_and_turn_with_the_keys(settings, client, tess) -> None:  # type: ignore[no-untyped-def]
    sign_in(client, tess.email)
    secret = set_up_app(client)
    app = Authenticator.objects.get(user=tess, type="totp")
    assert secret not in str(app.data)
    assert crypto.decrypt(app.data["secret"]) == secret
    codes = Authenticator.objects.get(user=tess, type="recovery_codes")
    assert len(crypto.decrypt(codes.data["seed"])) == 80
    old = settings.CLUBLEDGER_ENCRYPTION_KEYS
    new = [crypto.new_key()]
    settings.CLUBLEDGER_ENCRYPTION_KEYS = new + old
    assert rotation.rotate_all() == 2
    settings.CLUBLEDGER_ENCRYPTION_KEYS = new
    app.refresh_from_db()
    assert crypto.decrypt(app.data["secret"]) == secret
    assert has_set_up(tess)


def test_removing_it_asks_for_the_password_unless_given_a_moment_ago(client: Client, tess: User) -> None:
    sign_in(client, tess.email)
    set_up_app(client)
    assert client.get("/security/app/remove/").status_code == 200
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 301
    session.save()
    asked = client.get("/security/app/remove/")
    assert asked["Location"].startswith("/sign-in/again/")
    assert client.post(asked["Location"], {"password": WRONG}).status_code == 200
    assert client.post(asked["Location"], {"password": PASSWORD})["Location"] == "/security/app/remove/"
    assert client.post("/security/app/remove/").status_code == 302
    assert not has_set_up(tess)


def test_passkeys_are_offered_by_script_files_alone(client: Client, tess: User) -> None:
    page = client.get("/sign-in/").content.decode()
    assert "mfa/js/webauthn.js" in page
    sign_in(client, tess.email)
    adding = client.get("/security/passkeys/add/").content.decode()
    assert '"publicKey"' in adding
    for html in (page, adding):
        for tag in re.findall(r"<script[^>]*>", html):
            assert "src=" in tag or "application/json" in tag, tag
    assert (
        "challenge"
        in Client().get("/sign-in/passkey/", HTTP_ACCEPT="application/json").json()["request_options"]["publicKey"]
    )


# --- sessions and passwords ---


@pytest.mark.parametrize(
    ("sort", "wanted"),
    [
        ("", "bca"), ("device", "abc"), ("-device", "cba"), ("at", "acb"), ("-at", "bca"), ("from", "cab"),
        ("session__session_key", "bca"), ("<b>", "bca"),
    ],
)  # fmt: skip
def test_sessions_are_sorted(client: Client, tess: User, sort: str, wanted: str) -> None:
    """The one that asks, on Firefox, stands first unless another order is asked for; then the newest."""
    agents = {"a": "Chrome", "c": "Safari", "b": "Firefox"}
    for minute, (name, agent) in enumerate(agents.items()):
        browser = Client(HTTP_USER_AGENT=f"{agent} Linux", REMOTE_ADDR=f"192.0.2.{'cab'.index(name) + 1}")
        sign_in(browser, tess.email)
        at = timezone.now() + timedelta(minutes=minute)
        UserSession.objects.filter(session_key=browser.session.session_key).update(
            created_at=at, ip=f"192.0.2.{'cab'.index(name) + 1}"
        )
        if name == "b":
            client = browser
    page = client.get("/security/", {"sort": sort}).content.decode()
    named = {agent: name for name, agent in agents.items()}
    assert "".join(named[one] for one in re.findall(r"<strong>(\w+) on Linux", page)) == wanted
    assert "<b>" not in page


def test_a_person_sees_where_they_are_signed_in_and_ends_one_or_all(client: Client, club: Club, tess: User) -> None:
    phone, desk = Client(HTTP_USER_AGENT="Mozilla/5.0 (iPhone) Safari/605"), Client()
    for browser in (client, phone, desk):
        sign_in(browser, tess.email)
    page = client.get("/security/").content.decode()
    assert "Safari on iPhone" in page
    assert page.count('data-label="Signed in"') == 3
    ending = re.findall(r'action="(/security/sessions/\d+/end/)"', page)
    assert len(ending) == 2
    client.post(ending[0])
    client.post(ending[1])
    for browser in (phone, desk):
        assert browser.get("/security/").status_code == 302
    assert client.post("/security/sessions/end/", {"here": "1"})["Location"] == "/sign-in/"
    assert client.get("/security/").status_code == 302
    assert actions(club).count("security.sessions_ended") == 3


def test_nobody_ends_the_session_of_somebody_else(client: Client, club: Club, tess: User) -> None:
    vera = add_member(club, Role.VIEWER, "vera@banksiapark.example")
    hers = Client()
    sign_in(hers, vera.email)
    address = f"/security/sessions/{vera.usersession_set.get().pk}/end/"
    sign_in(client, tess.email)
    assert client.post(address).status_code == 404
    assert hers.get("/security/").status_code == 200


def test_a_forgotten_password_is_set_anew_and_ends_every_session(settings, client, club, tess) -> None:  # type: ignore[no-untyped-def]
    elsewhere = Client()
    sign_in(elsewhere, tess.email)
    known = client.post("/password/reset/", {"email": tess.email})
    unknown = client.post("/password/reset/", {"email": "who@elsewhere.example"})
    assert known["Location"] == unknown["Location"] == "/password/reset/sent/"
    assert [message.to for message in mail.outbox] == [[tess.email]]
    found = re.search(rf"{settings.CLUBLEDGER_BASE_URL}(/password/reset/\S+)", str(mail.outbox[0].body))
    assert found is not None
    form = client.get(found[1])
    assert form.status_code == 302
    refused = client.post(form["Location"], {"password1": "short", "password2": "short"})
    assert "This password is too short" in refused.content.decode()
    done = client.post(form["Location"], {"password1": "a quiet green fairway", "password2": "a quiet green fairway"})
    assert done["Location"] == "/password/reset/done/"
    assert elsewhere.get("/security/").status_code == 302
    assert sign_in(client, tess.email, "a quiet green fairway").status_code == 302
    assert "This link no longer works" in client.get(found[1], follow=True).content.decode()
    assert "security.password_changed" in actions(club)


def test_an_address_and_a_password_are_called_the_same_on_every_page(client: Client, club: Club, tess: User) -> None:
    for path in ("/sign-in/", "/password/reset/"):
        said = client.get(path).content.decode()
        assert ">E-mail address</label>" in said
        name = "login" if path == "/sign-in/" else "email"
        wrong = client.post(path, {name: "nobody", "password": "x"}).content.decode()
        assert "This is not an e-mail address." in wrong
        assert "email" not in re.sub(r"<[^>]+>", " ", said + wrong).lower()
    sign_in(client, tess.email)
    changing = client.get("/password/").content.decode()
    assert re.findall("<label[^>]*>([^<]+)<", changing) == [
        "Current password", "New password", "New password, once more",
    ]  # fmt: skip
    assert "placeholder" not in changing


def test_a_changed_password_is_told_by_mail_and_on_record(client: Client, club: Club, tess: User) -> None:
    sign_in(client, tess.email)
    new = "a quiet green fairway"
    answer = client.post("/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert answer.status_code == 302
    assert client.get("/security/").status_code == 200
    assert "password" in str(mail.outbox[-1].body)
    assert new not in str(mail.outbox[-1].body)
    assert actions(club)[-1] == "security.password_changed"


def test_a_person_who_left_every_club_still_signs_in_and_sees_nothing(client: Client, club: Club, tess: User) -> None:
    Membership.objects.filter(user=tess).update(is_active=False)
    sign_in(client, tess.email)
    assert "You belong to no club" in client.get("/").content.decode()
    assert client.get("/c/banksia-park/gl/").status_code == 404
