"""Users, invitations, keys and the audit trail, through the pages."""

import csv
import io
import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client

from clubledger.clubs import access, api_keys, audit, invitations, people
from clubledger.clubs.access import Permission
from clubledger.clubs.models import ApiKey, AuditEvent, Club, Membership, Role, User
from tests.fixtures_clubs import add_member, make_club, make_user

pytestmark = pytest.mark.django_db
HERE = "/c/banksia-park/configuration"
PASSWORD = "a quiet green fairway"


@pytest.fixture
def club() -> Club:
    return make_club()


@pytest.fixture
def owner(club: Club, client: Client) -> User:
    person = add_member(club, Role.OWNER)
    client.force_login(person)
    return person


def text_of(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def address_in_mail() -> str:
    found = re.search(r"http://localhost:\d+(/invitations/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def test_an_owner_invites_somebody_who_accepts_and_is_in(client: Client, club: Club, owner: User) -> None:
    client.post(f"{HERE}/users/invite/", {"email": "nora@elsewhere.example", "role": "accounts"})
    page = text_of(client, f"{HERE}/users/")
    assert "nora@elsewhere.example" in page
    assert "1 invitation is not answered" in page

    nora = Client()
    led = nora.get(address_in_mail())
    # The token does not stay in the address bar, nor in any log of addresses.
    assert led["Location"] == "/invitations/accept/"
    form = nora.get("/invitations/accept/").content.decode()
    assert "Banksia Park Golf Club" in form
    weak = nora.post("/invitations/accept/", {"name": "Nora New", "password": "short"})
    assert weak.status_code == 422
    done = nora.post("/invitations/accept/", {"name": "Nora New", "password": PASSWORD})
    assert done["Location"] == "/c/banksia-park/gl/"
    assert nora.get(f"{HERE}/users/").status_code == 200
    assert "Nora New" in text_of(client, f"{HERE}/users/")


def test_somebody_with_an_account_signs_in_and_joins(client: Client, club: Club, owner: User) -> None:
    add_member(make_club("wattle-creek", "Wattle Creek Bowling Club"), Role.VIEWER, "nora@elsewhere.example")
    client.post(f"{HERE}/users/invite/", {"email": "nora@elsewhere.example", "role": "viewer"})
    nora = Client()
    nora.get(address_in_mail())
    asked = nora.get("/invitations/accept/")
    assert asked["Location"] == "/sign-in/?next=/invitations/accept/"
    back = nora.post(
        "/sign-in/",
        {"login": "nora@elsewhere.example", "password": "correct horse battery", "next": "/invitations/accept/"},
    )
    assert back["Location"] == "/invitations/accept/"
    assert "Join Banksia Park Golf Club" in nora.get("/invitations/accept/").content.decode()
    nora.post("/invitations/accept/")
    assert "You belong to 2 clubs" in nora.get("/").content.decode()


def test_an_invitation_of_somebody_else_is_not_accepted_by_who_is_signed_in(
    client: Client, club: Club, owner: User
) -> None:
    invitations.invite(club=club, actor=owner, email="nora@elsewhere.example", role=Role.OWNER)
    mallory = Client()
    mallory.force_login(make_user("mallory@elsewhere.example"))
    mallory.get(address_in_mail())
    assert "An invitation for somebody else" in mallory.get("/invitations/accept/").content.decode()
    mallory.post("/invitations/accept/", {"name": "Mallory", "password": PASSWORD})
    assert not User.objects.filter(email="nora@elsewhere.example").exists()
    assert not Membership.objects.filter(club=club, user__email="mallory@elsewhere.example").exists()


def test_an_invitation_is_sent_again_or_withdrawn(client: Client, club: Club, owner: User) -> None:
    made = invitations.invite(club=club, actor=owner, email="nora@elsewhere.example", role=Role.VIEWER)
    first = address_in_mail()
    client.post(f"{HERE}/users/invitations/{made.pk}/send/")
    assert len(mail.outbox) == 2
    nobody = Client()
    nobody.get(first)
    assert nobody.get("/invitations/accept/").status_code == 410
    client.post(f"{HERE}/users/invitations/{made.pk}/withdraw/")
    nobody.get(address_in_mail())
    assert "was withdrawn" in nobody.get("/invitations/accept/").content.decode()
    assert "nora@" not in text_of(client, f"{HERE}/users/").partition("withdrawn")[2]


def test_too_many_invitations_are_refused_in_words(
    client: Client, club: Club, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = invitations.invite(club=club, actor=owner, email="nora@elsewhere.example", role=Role.VIEWER)
    monkeypatch.setattr(invitations, "MOST_BY_CLUB_A_DAY", 1)
    again = client.post(f"{HERE}/users/invitations/{made.pk}/send/", follow=True).content.decode()
    assert "has sent 1 invitations within a day, which is the most." in again
    answer = client.post(f"{HERE}/users/invite/", {"email": "olaf@elsewhere.example", "role": "viewer"})
    assert answer.status_code == 422
    assert "has sent 1 invitations within a day, which is the most." in answer.content.decode()
    assert len(mail.outbox) == 1


def test_a_bad_address_is_said_beside_the_field(client: Client, club: Club, owner: User) -> None:
    answer = client.post(f"{HERE}/users/invite/", {"email": "nora", "role": "viewer"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert "This is not an e-mail address." in answer.content.decode()
    twice = client.post(f"{HERE}/users/invite/", {"email": owner.email, "role": "viewer"})
    assert "belongs to" in twice.content.decode()


def test_roles_change_and_access_goes_and_comes_back(client: Client, club: Club, owner: User) -> None:
    tess = add_member(club, Role.ACCOUNTS)
    member = Membership.objects.get(user=tess)
    page = text_of(client, f"{HERE}/users/{member.pk}/")
    assert "Take access away" in page
    client.post(f"{HERE}/users/{member.pk}/role/", {"role": "viewer"})
    assert access.open_club(tess, club.slug).role == Role.VIEWER
    client.post(f"{HERE}/users/{member.pk}/remove/")
    with pytest.raises(access.ClubNotFound):
        access.open_club(tess, club.slug)
    assert "No access" in text_of(client, f"{HERE}/users/{member.pk}/")
    client.post(f"{HERE}/users/{member.pk}/role/", {"role": "accounts"})
    assert access.open_club(tess, club.slug).role == Role.ACCOUNTS


def test_the_last_owner_stays(client: Client, club: Club, owner: User) -> None:
    member = Membership.objects.get(user=owner)
    answer = client.post(f"{HERE}/users/{member.pk}/remove/", follow=True)
    assert "at least one Owner" in answer.content.decode()
    assert access.open_club(owner, club.slug).role == Role.OWNER


def test_who_takes_their_own_access_away_is_led_out(client: Client, club: Club, owner: User) -> None:
    add_member(club, Role.OWNER, "second@banksiapark.example")
    answer = client.post(f"{HERE}/users/{Membership.objects.get(user=owner).pk}/remove/")
    assert answer["Location"] == "/"


def test_an_administrator_is_not_offered_what_concerns_owners(client: Client, club: Club, owner: User) -> None:
    administrator = add_member(club, Role.ADMINISTRATOR)
    client.force_login(administrator)
    page = text_of(client, f"{HERE}/users/")
    assert 'value="owner"' not in page
    assert "Take access away" not in text_of(client, f"{HERE}/users/{Membership.objects.get(user=owner).pk}/")
    client.post(f"{HERE}/users/{Membership.objects.get(user=owner).pk}/role/", {"role": "viewer"})
    assert access.open_club(owner, club.slug).role == Role.OWNER


def test_a_key_is_shown_once(client: Client, club: Club, owner: User) -> None:
    made = client.post(f"{HERE}/api-keys/", {"name": "Clubhouse POS", "may_import": "on"}).content.decode()
    secret = re.search(r'id="secret" value="(clk_[^"]+)"', made)
    assert secret is not None
    assert api_keys.open_with(secret[1]).name == "Clubhouse POS"
    assert secret[1] not in text_of(client, f"{HERE}/api-keys/")
    key = ApiKey.objects.of(club).get()
    assert "It can't be undone" in text_of(client, f"{HERE}/api-keys/{key.pk}/revoke/").replace("&#x27;", "'")
    client.post(f"{HERE}/api-keys/{key.pk}/revoke/")
    with pytest.raises(api_keys.UnknownKey):
        api_keys.open_with(secret[1])


def test_an_administrator_makes_keys_that_only_read(client: Client, club: Club, owner: User) -> None:
    client.force_login(add_member(club, Role.ADMINISTRATOR))
    client.post(f"{HERE}/api-keys/", {"name": "Reporting", "may_import": "on"})
    assert ApiKey.objects.of(club).get().may_import is False


def test_an_orphaned_key_is_taken_over(client: Client, club: Club, owner: User) -> None:
    second = add_member(club, Role.OWNER, "second@banksiapark.example")
    key, secret = api_keys.create(club=club, actor=second, name="POS", may_import=True)
    people.remove(club=club, actor=owner, user=second)
    assert "lost the right" in text_of(client, f"{HERE}/api-keys/")
    client.post(f"{HERE}/api-keys/{key.pk}/take-over/")
    assert api_keys.open_with(secret).acts_for == owner


# --- the audit trail ---


def three_days(club: Club, owner: User) -> User:
    tess = add_member(club, Role.ACCOUNTS, "tess@banksiapark.example")
    roles = {"before": {"role": "viewer"}, "after": {"role": "accounts"}}
    audit.note(club=club, actor=owner, action="people.role_set", subject="x", summary="Gave a role.", **roles)
    audit.note(club=club, actor=tess, action="journals.queued", subject="y", summary="Queued 3 journals.")
    audit.note(club=club, actor=None, action="sign_in.refused", subject="z", summary="=A sign-in was refused.")
    return tess


def summaries(page: str) -> set[str]:
    return {words for words in ("Gave a role.", "Queued 3 journals.", "=A sign-in was refused.") if words in page}


def test_it_is_filtered_by_person_area_date_and_words(client: Client, club: Club, owner: User) -> None:
    tess = three_days(club, owner)
    today = AuditEvent.objects.of(club).first().at.date()  # type: ignore[union-attr]
    where = f"{HERE}/audit-trail/"
    assert len(summaries(text_of(client, where))) == 3
    assert summaries(text_of(client, f"{where}?who={tess.pk}")) == {"Queued 3 journals."}
    assert summaries(text_of(client, f"{where}?who=0")) == {"=A sign-in was refused."}
    assert summaries(text_of(client, f"{where}?area=people.")) == {"Gave a role."}
    assert summaries(text_of(client, f"{where}?q=3+journals")) == {"Queued 3 journals."}
    assert summaries(text_of(client, f"{where}?up_to=2001-01-01")) == set()
    assert len(summaries(text_of(client, f"{where}?from={today.replace(year=2001)}"))) == 3
    assert len(summaries(text_of(client, f"{where}?from=yesterday&who=x&area=y&page=zz"))) == 3


def test_it_shows_what_was_before_and_after(client: Client, club: Club, owner: User) -> None:
    three_days(club, owner)
    assert "viewer → accounts" in text_of(client, f"{HERE}/audit-trail/?area=people.")


def test_it_is_exported_as_filtered_and_safe_in_a_spreadsheet(client: Client, club: Club, owner: User) -> None:
    three_days(club, owner)
    answer = client.get(f"{HERE}/audit-trail/?area=sign_in.&format=csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [row["What"] for row in rows] == ["'=A sign-in was refused."]
    assert len(rows[0]["Hash"]) == 64
    assert client.get(f"{HERE}/audit-trail/?format=xlsx").content[:2] == b"PK"


def test_it_shows_a_hundred_a_page(client: Client, club: Club, owner: User) -> None:
    for number in range(101):
        audit.note(club=club, actor=owner, action="test.done", subject=str(number), summary="Did it.")
    assert text_of(client, f"{HERE}/audit-trail/").count("Did it.") == 100
    assert text_of(client, f"{HERE}/audit-trail/?page=2").count("Did it.") == 1


def test_it_says_up_to_where_the_chain_was_verified(client: Client, club: Club, owner: User) -> None:
    three_days(club, owner)
    assert "not been verified yet" in text_of(client, f"{HERE}/audit-trail/")
    chain = audit.verify(club)
    audit.note(club=club, actor=owner, action="test.done", subject="later", summary="Later.")
    assert "Verified up to event 3" in text_of(client, f"{HERE}/audit-trail/")
    chain.verified_faults = ["event 2 was changed"]
    chain.save()
    page = text_of(client, f"{HERE}/audit-trail/")
    assert "did not hold" in page
    assert "event 2 was changed" in page


def test_a_page_asks_the_database_little(
    client: Client, club: Club, owner: User, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    for number in range(20):
        add_member(club, Role.ACCOUNTS, f"p{number}@banksiapark.example")
        invitations.invite(club=club, actor=owner, email=f"i{number}@elsewhere.example", role=Role.VIEWER)
    for number in range(3):
        api_keys.create(club=club, actor=owner, name=f"Key {number}", may_import=True)
    member = Membership.objects.filter(club=club).latest("pk")
    for path in ("users/", f"users/{member.pk}/", "api-keys/", "audit-trail/"):
        with django_assert_max_num_queries(15):
            assert client.get(f"{HERE}/{path}").status_code == 200


def test_the_list_says_who_has_a_second_step(client: Client, club: Club, owner: User) -> None:
    TOTP.activate(add_member(club, Role.ACCOUNTS), generate_totp_secret())
    page = text_of(client, f"{HERE}/users/")
    assert page.count('<td data-label="Second step">set up</td>') == 1
    assert page.count('<td data-label="Second step">–</td>') == 1


def test_each_cell_of_the_roles_names_its_role_for_a_narrow_screen(client: Client, owner: User) -> None:
    page = text_of(client, f"{HERE}/users/")
    for role in ("Owner", "Administrator", "Accounts", "Viewer"):
        assert page.count(f'<td data-label="{role}">') == 7


def test_the_menu_of_a_phone_leads_to_ones_security_and_clubs(client: Client, owner: User) -> None:
    menu = text_of(client, f"{HERE}/users/").split('<nav class="menu"', 1)[1].split("</nav>", 1)[0]
    assert '<a href="/security/">' in menu
    assert '<a href="/">' in menu


def test_the_people_come_as_a_file(client: Client, club: Club, owner: User) -> None:
    TOTP.activate(add_member(club, Role.ACCOUNTS), generate_totp_secret())
    rows = list(csv.reader(io.StringIO(b"".join(client.get(f"{HERE}/users/?format=csv")).decode().lstrip("\ufeff"))))
    assert rows[0] == ["Name", "E-mail address", "Role", "Xero", "Second step", "Last signed in", "State"]
    assert [(row[2], row[4], row[6]) for row in rows[1:]] == [
        ("Accounts", "set up", "Active"),
        ("Owner", "", "Active"),
    ]


WHO_MAY = """
See everything of the club | yes | yes | yes | yes
Import and correct transactions | yes | no | yes | no
Change mapping, chart and settings, Get GL Codes | yes | yes | Get GL Codes only | no
Authorise Xero for oneself | yes | yes | yes | no
Validate, send, record and take over journals | yes | no | yes | no
Undo recordings, void journals, set Post from and change the organisation | yes | no | no | no
Manage people and roles | yes | but not Owners | no | no
"""
"""The club's part of the product's table of who may do what, for Owner, Administrator, Accounts and Viewer."""
ROLES = (Role.OWNER, Role.ADMINISTRATOR, Role.ACCOUNTS, Role.VIEWER)
PERMISSIONS_OF_LINES = (
    Permission.SEE, Permission.IMPORT, Permission.CONFIGURE, Permission.AUTHORISE, Permission.SEND, Permission.UNDO,
    Permission.PEOPLE,
)  # fmt: skip


def test_the_table_of_roles_is_the_products_and_what_the_doors_ask_for(client: Client, owner: User) -> None:
    wanted = [[cell.strip() for cell in line.split("|")] for line in WHO_MAY.strip().splitlines()]
    table = text_of(client, f"{HERE}/users/").partition('aria-labelledby="roles"')[2].partition("</table>")[0]
    heads = re.findall(r'<th scope="col">([^<]+)</th>', table)
    assert heads == [str(role.label) for role in ROLES]
    shown = [
        [re.sub("<[^>]+>|–", "", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", table.partition("<tbody>")[2])
    ]
    assert shown == wanted
    for line, permission in zip(wanted, PERMISSIONS_OF_LINES, strict=True):
        for cell, role in zip(line[1:], ROLES, strict=True):
            assert (cell in {"yes", "but not Owners"}) is (permission in access.PERMISSIONS[role])
    may_get = {role for role, cell in zip(ROLES, wanted[2][1:], strict=True) if cell != "no"}
    assert may_get == {role for role in ROLES if Permission.GET_GL_CODES in access.PERMISSIONS[role]}
