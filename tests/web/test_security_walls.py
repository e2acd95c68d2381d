"""What somebody tries who has a password and no second step, a name of two lines, or a header of their own."""

import os
import re
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from clubledger.clubs import access, api_keys, invitations, people, support
from clubledger.clubs.models import Club, Membership, Role, User
from clubledger.clubs.sign_in import has_set_up
from tests.fixtures_clubs import add_member
from tests.web.second_steps import PASSWORD, code_for, set_up_app, sign_in

pytestmark = pytest.mark.django_db
USERS = "/c/banksia-park/configuration/users/"


# --- the second step ---


def test_setting_up_a_second_step_ends_sessions_that_never_passed_one(settings, client, tess) -> None:  # type: ignore[no-untyped-def]
    settings.REQUIRE_MFA = True
    thief = Client()
    sign_in(thief, tess.email)
    sign_in(client, tess.email)
    set_up_app(client)
    assert client.get(USERS).status_code == 200
    assert thief.get(USERS)["Location"].startswith("/sign-in/")
    # Nor may it take the second step away again.
    thief.post("/security/app/remove/")
    assert has_set_up(tess)


def test_removing_the_last_second_step_leaves_no_session_without_one(settings, client, tess) -> None:  # type: ignore[no-untyped-def]
    settings.REQUIRE_MFA = True
    sign_in(client, tess.email)
    secret = set_up_app(client)
    here = Client()
    sign_in(here, tess.email)
    assert here.post("/sign-in/second-step/", {"code": code_for(secret, 1)}).status_code == 302
    assert here.get(USERS).status_code == 200
    assert here.post("/security/app/remove/").status_code == 302
    assert here.get(USERS)["Location"] == "/security/"
    assert client.get(USERS)["Location"].startswith("/sign-in/")


def test_whoever_is_switched_off_and_on_again_signs_in_anew(client, tess) -> None:  # type: ignore[no-untyped-def]
    staff = User.objects.create_user("sam@vendor.example", name="Sam Staff", is_staff=True)
    sign_in(client, tess.email)
    assert client.get(USERS).status_code == 200
    people.switch(actor=staff, user=tess, on=False)
    people.switch(actor=staff, user=tess, on=True)
    assert client.get(USERS)["Location"].startswith("/sign-in/")
    sign_in(client, tess.email)
    assert client.get(USERS).status_code == 200


def test_codes_can_not_be_tried_one_after_the_other(client, tess) -> None:  # type: ignore[no-untyped-def]
    sign_in(client, tess.email)
    secret = set_up_app(client)
    other = Client()
    for attempt in range(3):
        sign_in(other, tess.email)
        for guess in range(2):
            answer = other.post("/sign-in/second-step/", {"code": f"{attempt}{guess}0000"})
    assert "Too many attempts" in answer.content.decode()
    answer = other.post("/sign-in/second-step/", {"code": code_for(secret, 1)})
    assert not answer.wsgi_request.user.is_authenticated


def test_a_password_reset_does_not_get_round_the_second_step(client, tess) -> None:  # type: ignore[no-untyped-def]
    sign_in(client, tess.email)
    set_up_app(client)
    other = Client()
    other.post("/password/reset/", {"email": tess.email})
    found = re.search(r"(/password/reset/\S+)", str(mail.outbox[-1].body))
    assert found
    form = other.get(found[1])["Location"]
    new = "a quiet green fairway"
    other.post(form, {"password1": new, "password2": new})
    assert other.get(USERS).status_code == 302
    assert sign_in(other, tess.email, new)["Location"] == "/sign-in/second-step/"


def test_an_invitation_does_not_get_round_the_second_step(settings, client, club, tess) -> None:  # type: ignore[no-untyped-def]
    settings.REQUIRE_MFA = True
    owner = add_member(club, Role.OWNER)
    invitations.invite(club=club, actor=owner, email="new@elsewhere.example", role=Role.ACCOUNTS)
    found = re.search(r"http://\S+?(/invitations/\S+)", str(mail.outbox[-1].body))
    assert found
    client.get(found[1])
    client.post("/invitations/accept/", {"name": "New", "password": "a quiet green fairway"})
    assert client.get("/c/banksia-park/gl/")["Location"] == "/security/"


# --- who asks, and from where ---


def test_a_forwarded_address_of_the_caller_s_own_changes_no_limit(client, tess) -> None:  # type: ignore[no-untyped-def]
    for number in range(10):
        at = Client(HTTP_X_FORWARDED_FOR=f"203.0.113.{number}", HTTP_X_REAL_IP=f"203.0.113.{number}")
        sign_in(at, f"nobody{number}@elsewhere.example", "wrong")
    last = sign_in(Client(HTTP_X_FORWARDED_FOR="203.0.113.99"), tess.email, "wrong")
    assert "Too many attempts" in last.content.decode()


def test_behind_a_proxy_only_what_the_proxy_added_counts(settings, client, tess) -> None:  # type: ignore[no-untyped-def]
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(10):
        at = Client(HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 198.51.100.7")
        sign_in(at, f"nobody{number}@elsewhere.example", "wrong")
    last = sign_in(Client(HTTP_X_FORWARDED_FOR="203.0.113.99, 198.51.100.7"), tess.email, "wrong")
    assert "Too many attempts" in last.content.decode()


def test_a_letter_leads_to_this_installation_whatever_host_was_asked(settings, client, tess) -> None:  # type: ignore[no-untyped-def]
    settings.CLUBLEDGER_BASE_URL = "https://books.example.org"
    settings.ALLOWED_HOSTS = ["*"]
    client.post("/password/reset/", {"email": tess.email}, HTTP_HOST="evil.example:8443")
    body = str(mail.outbox[-1].body)
    assert "evil.example" not in body
    assert "https://books.example.org/password/reset/" in body


@pytest.mark.parametrize("key", ["next", "redirect"])
@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)", "\t//evil.example"],
)
def test_no_address_leads_away(client, tess, key, address) -> None:  # type: ignore[no-untyped-def]
    answer = client.post("/sign-in/", {"login": tess.email, "password": PASSWORD, key: address})
    assert answer["Location"] == "/"
    answer = client.post("/language/", {"language": "de", key: address}, HTTP_REFERER="https://evil.example/")
    assert answer["Location"] == "/"
    assert client.post("/sign-out/", {key: address})["Location"] == "/sign-in/"


def test_a_session_from_before_signing_in_is_not_kept(client, tess) -> None:  # type: ignore[no-untyped-def]
    client.get("/invitations/some-token/")
    before = client.cookies["sessionid"].value
    sign_in(client, tess.email)
    assert client.cookies["sessionid"].value != before


def test_a_stranger_s_big_upload_is_refused_before_it_is_read(client, tess, settings) -> None:  # type: ignore[no-untyped-def]
    big = b"x" * 6_000_000
    for path in ("/sign-in/", "/c/banksia-park/import/preview/", "/no-such-page/"):
        answer = client.post(path, {"file": SimpleUploadedFile("july.csv", big)})
        assert (answer.status_code, answer["Location"]) == (302, "/sign-in/"), path
        assert not hasattr(answer.wsgi_request, "_files"), "it was read"
    client.force_login(tess)
    form = {"file": SimpleUploadedFile("july.csv", big), "source": "f"}
    answer = client.post("/c/banksia-park/import/preview/", form)
    assert answer.status_code in {200, 422}


def test_a_long_name_of_a_kept_file_is_not_found(client, club, tess) -> None:  # type: ignore[no-untyped-def]
    client.force_login(tess)
    for rest in ("a" * 3000, "a" * 32, f"{'a' * 31}/.csv", f"../{'a' * 32}.csv"):
        assert client.post("/c/banksia-park/import/start/", {"kept": f"{club.pk}-{rest}"}).status_code == 404


# --- people ---


@pytest.mark.parametrize(
    "name", ["Eve\r\nBcc: all@elsewhere.example", "Eve\rBcc: x@elsewhere.example", "Eve\u2028Mallory", "\u202eevE"]
)
def test_a_name_is_one_line(client, club, name) -> None:  # type: ignore[no-untyped-def]
    owner = add_member(club, Role.OWNER)
    invitations.invite(club=club, actor=owner, email="eve@elsewhere.example", role=Role.ADMINISTRATOR)
    found = re.search(r"http://\S+?(/invitations/\S+)", str(mail.outbox[-1].body))
    assert found
    client.get(found[1])
    client.post("/invitations/accept/", {"name": name, "password": "a quiet green fairway"})
    eve = User.objects.get(email="eve@elsewhere.example")
    assert not re.search("[\r\n\u2028\u202e]", eve.name)
    answer = client.post(USERS + "invite/", {"email": "x@elsewhere.example", "role": "viewer"})
    assert answer.status_code == 302


def test_taking_access_away_takes_a_waiting_invitation_with_it(client, club) -> None:  # type: ignore[no-untyped-def]
    owner, bob = add_member(club, Role.OWNER), User.objects.create_user("bob@elsewhere.example", PASSWORD, name="Bob")
    invitations.invite(club=club, actor=owner, email=bob.email, role=Role.ADMINISTRATOR)
    found = re.search(r"/invitations/(\S+)/", str(mail.outbox[-1].body))
    assert found
    people.set_role(club=club, actor=owner, user=bob, role=Role.VIEWER)
    with pytest.raises(invitations.NotUsable):
        invitations.accept_as(token=found[1], person=bob)
    assert Membership.objects.get(club=club, user=bob).role == Role.VIEWER


@pytest.mark.parametrize("act", ["set_role", "remove", "invite", "key", "support"])
def test_who_is_demoted_while_they_wait_for_their_turn_does_nothing(club, monkeypatch, act) -> None:  # type: ignore[no-untyped-def]
    olive, vera = add_member(club, Role.OWNER), add_member(club, Role.VIEWER)

    def wait_while_demoted(_club: Club) -> None:
        Membership.objects.filter(user=olive).update(role=Role.VIEWER)

    monkeypatch.setattr(access, "lock_club", wait_while_demoted)
    acts: dict[str, Any] = {
        "set_role": lambda: people.set_role(club=club, actor=olive, user=vera, role=Role.ADMINISTRATOR),
        "remove": lambda: people.remove(club=club, actor=olive, user=vera),
        "invite": lambda: invitations.invite(club=club, actor=olive, email="x@elsewhere.example", role=Role.VIEWER),
        "key": lambda: api_keys.create(club=club, actor=olive, name="POS", may_import=True),
        "support": lambda: support.grant(club=club, actor=olive, hours=1),
    }
    with pytest.raises(access.NotAllowed):
        acts[act]()


def test_an_owner_removes_an_owner_who_was_switched_off(client, club) -> None:  # type: ignore[no-untyped-def]
    olive, oscar = add_member(club, Role.OWNER), add_member(club, Role.OWNER, "oscar@banksiapark.example")
    User.objects.filter(pk=oscar.pk).update(is_active=False)
    people.remove(club=club, actor=olive, user=oscar)
    assert not Membership.objects.get(club=club, user=oscar).is_active
    with pytest.raises(people.LastOwner):
        people.remove(club=club, actor=olive, user=olive)


def test_files_that_were_only_looked_at_do_not_fill_the_disk(client, club, tess, settings, tmp_path) -> None:  # type: ignore[no-untyped-def]
    settings.MEDIA_ROOT = tmp_path
    client.force_login(tess)
    folder = tmp_path / "uploads"
    folder.mkdir()
    old, theirs = folder / f"{club.pk}-{'0' * 32}.csv", folder / f"{club.pk + 1}-{'0' * 32}.csv"
    for path in (old, theirs):
        path.write_text("left")
        os.utime(path, (0, 0))
    for _ in range(7):
        form = {"file": SimpleUploadedFile("july.csv", b"source_id,kind\n"), "source": "file"}
        client.post("/c/banksia-park/import/preview/", form)
    assert not old.exists()
    assert theirs.exists()
    assert len(list(folder.glob(f"{club.pk}-*.csv"))) == 5
