"""Commands about people and clubs, and what every command says when it can't do what it was asked to."""

import io
import json

import pytest

from clubledger.cli.main import GROUPS, groups_for, run
from clubledger.clubs.models import AuditEvent, Club, Membership, User
from tests.fixtures_clubs import add_member, make_club, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("CLUBLEDGER_AS", "CLUBLEDGER_CLUB", "CLUBLEDGER_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


def create_user(monkeypatch, *arguments, password=PASSWORD):
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    return run(["create-user", "Tess@Banksia.example", "--name", "Tess", "--password-stdin", *arguments])


def test_it_makes_a_person_who_can_sign_in(monkeypatch, capsys):
    assert create_user(monkeypatch, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "email": "tess@banksia.example",
        "name": "Tess",
        "staff": False,
        "role": "",
    }
    assert User.objects.get(email="tess@banksia.example").check_password(PASSWORD)


def test_it_refuses_a_weak_password_with_the_reason(monkeypatch, capsys):
    assert create_user(monkeypatch, password="short") == 1
    assert "too short" in capsys.readouterr().err
    assert not User.objects.exists()


def test_it_refuses_a_second_person_of_the_same_address(monkeypatch, capsys):
    make_user("tess@banksia.example")
    assert create_user(monkeypatch) == 1
    assert "signs in as tess@banksia.example already" in capsys.readouterr().err


def test_a_role_is_given_by_somebody_who_may_give_it(monkeypatch):
    club = make_club("banksia-park")
    owner = add_member(club, "owner")
    assert create_user(monkeypatch, "--role", "accounts", "--as", owner.email) == 0
    assert Membership.objects.get(user__email="tess@banksia.example").role == "accounts"
    assert AuditEvent.objects.of(club).filter(action="people.role_set", user=owner).exists()


def test_nobody_is_made_whose_role_may_not_be_given(monkeypatch, capsys):
    club = make_club("banksia-park")
    administrator = add_member(club, "administrator")
    assert create_user(monkeypatch, "--role", "owner", "--as", administrator.email) == 1
    assert "Only an Owner" in capsys.readouterr().err
    assert list(User.objects.all()) == [administrator]


def test_one_of_the_staff_is_made_on_record(monkeypatch):
    assert create_user(monkeypatch, "--staff") == 0
    rows = AuditEvent.objects.across_clubs("the installation's own events have no club")
    event = rows.get(action="people.created")
    assert (event.club, event.subject, event.after) == (None, "tess@banksia.example", {"is_staff": True})


def test_it_makes_a_club_with_its_owner(capsys):
    make_user("olive@banksia.example")
    arguments = ["create-club", "banksia-park", "--name", "Banksia Park", "--owner", "olive@banksia.example", "--json"]
    assert run(arguments) == 0
    assert json.loads(capsys.readouterr().out)["mark"] == Club.objects.get().mark
    assert run(arguments) == 1
    assert "There is a club 'banksia-park' already." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--name", "B", "--owner", "nobody@x.example"], "Make the person with `clubledger create-user`"),
        (["--name", "B", "--owner", "olive@banksia.example", "--time-zone", "Mars/Olympus"], "write it like"),
    ],
)
def test_it_says_what_to_do_where_a_club_can_not_be_made(capsys, arguments, words):
    make_user("olive@banksia.example")
    assert run(["create-club", "banksia-park", *arguments]) == 1
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err.startswith("clubledger: ")
    assert words in seen.err


def test_a_club_that_a_person_has_nothing_to_do_with_does_not_exist_for_them(capsys):
    make_club("wattle-creek", name="Wattle Creek")
    owner = add_member(make_club("banksia-park"), "owner")
    unknown = ["authorise", "--list", "--as", owner.email, "--club"]
    assert run([*unknown, "wattle-creek"]) == 1
    theirs = capsys.readouterr().err
    assert run([*unknown, "nowhere"]) == 1
    assert capsys.readouterr().err == theirs.replace("wattle-creek", "nowhere")


def test_it_asks_who_acts_and_for_which_club(capsys):
    assert run(["authorise", "--list"]) == 1
    assert "--as EMAIL" in capsys.readouterr().err
    owner = add_member(make_club("banksia-park"), "owner")
    Membership.objects.create(club=make_club("other-club", name="Other"), user=owner, role="viewer")
    assert run(["authorise", "--list", "--as", owner.email]) == 1
    assert "Known: banksia-park, other-club." in capsys.readouterr().err


def test_the_audit_trail_is_verified_and_a_broken_link_is_told(capsys):
    owner = make_user("olive@banksia.example")
    run(["create-club", "banksia-park", "--name", "Banksia Park", "--owner", owner.email])
    capsys.readouterr()
    assert run(["audit", "verify", "--json"]) == 0
    trails = json.loads(capsys.readouterr().out)
    assert [(trail["trail"], trail["events"], trail["holds"]) for trail in trails] == [
        ("banksia-park", 1, True),
        ("(installation)", 0, True),
    ]


def test_every_command_has_a_group_and_help_lists_them_all(capsys):
    commands = [command for known in GROUPS.values() for command in known]
    assert len(commands) == len(set(commands))
    assert groups_for(["journals"]) == ["journals"]
    with pytest.raises(SystemExit) as left:
        run(["--help"])
    assert left.value.code == 0
    listed = capsys.readouterr().out
    assert all(f"\n    {command} " in listed or f"\n    {command}\n" in listed for command in commands)
