"""Invitations: by whom, to whom, once, for seven days, and never a way around the roles."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError

from clubledger.clubs import access, invitations, people
from clubledger.clubs.access import NotAllowed, Permission
from clubledger.clubs.models import AuditEvent, Invitation, Membership, Role, User
from clubledger.foundation import clock
from tests.fixtures_clubs import add_member, make_club, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a quiet green fairway"


def token_of(message_at: int = -1) -> str:
    found = re.search(r"/invitations/([^/\s]+)/", str(mail.outbox[message_at].body))
    assert found is not None
    return found[1]


@pytest.fixture
def club():  # type: ignore[no-untyped-def]
    return make_club()


@pytest.fixture
def owner(club) -> User:  # type: ignore[no-untyped-def]
    return add_member(club, Role.OWNER)


def test_it_sends_an_address_of_which_only_the_hash_is_kept(club, owner) -> None:  # type: ignore[no-untyped-def]
    made = invitations.invite(club=club, actor=owner, email=" Nora@Elsewhere.example ", role=Role.ACCOUNTS)
    assert mail.outbox[0].to == ["nora@elsewhere.example"]
    assert club.name in mail.outbox[0].subject
    assert made.sent_at is not None
    token = token_of()
    assert token not in str(Invitation.objects.of(club).values().get())
    assert token not in str(list(AuditEvent.objects.of(club).values()))
    assert invitations.find(token=token) == made


def test_a_new_person_accepts_with_name_and_password_and_is_in(club, owner) -> None:  # type: ignore[no-untyped-def]
    invitations.invite(club=club, actor=owner, email="nora@elsewhere.example", role=Role.ACCOUNTS)
    nora = invitations.accept_as_new(token=token_of(), name="Nora New", password=PASSWORD)
    assert nora.check_password(PASSWORD)
    assert access.may(nora, club, Permission.SEND)
    event = AuditEvent.objects.of(club).latest("position")
    assert (event.action, event.user, event.after["role"]) == ("people.joined", nora, "accounts")


def test_it_works_once(club, owner) -> None:  # type: ignore[no-untyped-def]
    invitations.invite(club=club, actor=owner, email="nora@elsewhere.example", role=Role.VIEWER)
    token = token_of()
    invitations.accept_as_new(token=token, name="Nora", password=PASSWORD)
    with pytest.raises(invitations.NotUsable, match="accepted already"):
        invitations.accept_as_new(token=token, name="Mallory", password=PASSWORD)


def test_it_works_for_seven_days(club, owner) -> None:  # type: ignore[no-untyped-def]
    time = clock.SettableClock(datetime(2026, 11, 2, tzinfo=UTC))
    with clock.use(time):
        invitations.invite(club=club, actor=owner, email="nora@elsewhere.example", role=Role.VIEWER)
        time.advance(7 * 86400 - 1)
        invitations.find(token=token_of())
        time.advance(1)
        with pytest.raises(invitations.NotUsable, match="seven days"):
            invitations.find(token=token_of())


def test_sending_it_again_ends_the_first_address_and_starts_the_days_anew(club, owner) -> None:  # type: ignore[no-untyped-def]
    time = clock.SettableClock(datetime(2026, 11, 2, tzinfo=UTC))
    with clock.use(time):
        made = invitations.invite(club=club, actor=owner, email="nora@elsewhere.example", role=Role.VIEWER)
        time.advance(6 * 86400)
        invitations.send_again(club=club, actor=owner, invitation_id=made.pk)
        time.advance(6 * 86400)
        with pytest.raises(invitations.NotUsable, match="newer e-mail"):
            invitations.find(token=token_of(0))
        assert invitations.find(token=token_of(1)) == made


def test_inviting_the_same_address_again_replaces_the_first(club, owner) -> None:  # type: ignore[no-untyped-def]
    invitations.invite(club=club, actor=owner, email="nora@elsewhere.example", role=Role.ACCOUNTS)
    invitations.invite(club=club, actor=owner, email="nora@elsewhere.example", role=Role.VIEWER)
    assert [one.role for one in invitations.open_ones(club=club)] == ["viewer"]
    with pytest.raises(invitations.NotUsable, match="withdrawn"):
        invitations.find(token=token_of(0))


def test_a_withdrawn_one_opens_nothing(club, owner) -> None:  # type: ignore[no-untyped-def]
    made = invitations.invite(club=club, actor=owner, email="nora@elsewhere.example", role=Role.VIEWER)
    invitations.withdraw(club=club, actor=owner, invitation_id=made.pk)
    with pytest.raises(invitations.NotUsable, match="withdrawn"):
        invitations.accept_as_new(token=token_of(), name="Nora", password=PASSWORD)
    with pytest.raises(invitations.NotUsable):
        invitations.withdraw(club=club, actor=owner, invitation_id=made.pk)


def test_an_administrator_invites_everybody_but_owners(club, owner) -> None:  # type: ignore[no-untyped-def]
    administrator = add_member(club, Role.ADMINISTRATOR)
    invitations.invite(club=club, actor=administrator, email="nora@elsewhere.example", role=Role.ACCOUNTS)
    with pytest.raises(people.OnlyOwnersMayChangeOwners):
        invitations.invite(club=club, actor=administrator, email="olga@elsewhere.example", role=Role.OWNER)
    made = invitations.invite(club=club, actor=owner, email="olga@elsewhere.example", role=Role.OWNER)
    with pytest.raises(people.OnlyOwnersMayChangeOwners):
        invitations.send_again(club=club, actor=administrator, invitation_id=made.pk)


def test_an_administrator_does_not_undo_the_invitation_of_an_owner(club, owner) -> None:  # type: ignore[no-untyped-def]
    administrator, former = add_member(club, Role.ADMINISTRATOR), add_member(club, Role.VIEWER, "fay@elsewhere.example")
    people.remove(club=club, actor=owner, user=former)
    for email in ("nora@elsewhere.example", former.email):
        waiting = invitations.invite(club=club, actor=owner, email=email, role=Role.OWNER)
        with pytest.raises(people.OnlyOwnersMayChangeOwners):
            invitations.invite(club=club, actor=administrator, email=email, role=Role.VIEWER)
        assert waiting in invitations.open_ones(club=club)
    for act in (
        lambda: people.set_role(club=club, actor=administrator, user=former, role=Role.ACCOUNTS),
        lambda: people.remove(club=club, actor=administrator, user=former),
    ):
        with pytest.raises(people.OnlyOwnersMayChangeOwners):
            act()
    assert invitations.find(token=token_of()) == waiting
    people.set_role(club=club, actor=owner, user=former, role=Role.ACCOUNTS)
    assert waiting not in invitations.open_ones(club=club)


@pytest.mark.parametrize("role", [Role.ACCOUNTS, Role.VIEWER])
def test_others_invite_nobody(club, role) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NotAllowed):
        invitations.invite(club=club, actor=add_member(club, role), email="nora@elsewhere.example", role=Role.VIEWER)
    assert mail.outbox == []


def test_an_invitation_dies_with_the_right_of_who_sent_it(club, owner) -> None:  # type: ignore[no-untyped-def]
    administrator = add_member(club, Role.ADMINISTRATOR)
    invitations.invite(club=club, actor=administrator, email="nora@elsewhere.example", role=Role.VIEWER)
    people.remove(club=club, actor=owner, user=administrator)
    with pytest.raises(invitations.NotUsable, match="may no longer invite"):
        invitations.accept_as_new(token=token_of(), name="Nora", password=PASSWORD)
    assert not User.objects.filter(email="nora@elsewhere.example").exists()


def test_somebody_of_another_club_keeps_their_password_and_has_both(club, owner) -> None:  # type: ignore[no-untyped-def]
    other = make_club("wattle-creek", "Wattle Creek Bowling Club")
    nora = add_member(other, Role.OWNER, "nora@elsewhere.example")
    invitations.invite(club=club, actor=owner, email="nora@elsewhere.example", role=Role.VIEWER)
    with pytest.raises(invitations.HasAccount):
        invitations.accept_as_new(token=token_of(), name="Mallory", password=PASSWORD)
    assert invitations.accept_as(token=token_of(), person=nora) == club
    assert {(at.club.slug, at.role) for at in access.clubs_of(nora)} == {
        ("banksia-park", "viewer"),
        ("wattle-creek", "owner"),
    }


def test_of_two_clubs_whose_invitations_are_accepted_at_once_the_second_asks_to_sign_in(
    club, owner, monkeypatch
) -> None:  # type: ignore[no-untyped-def]
    invitations.invite(club=club, actor=owner, email="nora@elsewhere.example", role=Role.ACCOUNTS)
    make_user("nora@elsewhere.example")
    # She was not there yet when it was looked.
    monkeypatch.setattr(invitations, "has_account", lambda _invitation: False)
    with pytest.raises(invitations.HasAccount):
        invitations.accept_as_new(token=token_of(), name="Nora", password=PASSWORD)
    assert len(invitations.open_ones(club=club)) == 1


def test_nobody_accepts_for_somebody_else(club, owner) -> None:  # type: ignore[no-untyped-def]
    make_user("nora@elsewhere.example")
    invitations.invite(club=club, actor=owner, email="nora@elsewhere.example", role=Role.OWNER)
    with pytest.raises(invitations.WrongPerson):
        invitations.accept_as(token=token_of(), person=make_user("mallory@elsewhere.example"))


def test_a_weak_password_is_refused_and_the_invitation_stays(club, owner) -> None:  # type: ignore[no-untyped-def]
    invitations.invite(club=club, actor=owner, email="nora@elsewhere.example", role=Role.VIEWER)
    with pytest.raises(ValidationError):
        invitations.accept_as_new(token=token_of(), name="Nora", password="nora@elsewhere")
    invitations.find(token=token_of())


def test_a_member_is_not_invited(club, owner) -> None:  # type: ignore[no-untyped-def]
    viewer = add_member(club, Role.VIEWER)
    with pytest.raises(invitations.AlreadyMember):
        invitations.invite(club=club, actor=owner, email=viewer.email, role=Role.ACCOUNTS)


def test_there_is_an_end_to_inviting(club, owner, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(invitations, "MOST_OPEN", 2)
    for number in range(2):
        invitations.invite(club=club, actor=owner, email=f"{number}@elsewhere.example", role=Role.VIEWER)
    with pytest.raises(invitations.TooManyInvitations):
        invitations.invite(club=club, actor=owner, email="3@elsewhere.example", role=Role.VIEWER)


def test_a_mail_server_that_is_down_loses_nothing(club, owner, settings) -> None:  # type: ignore[no-untyped-def]
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend",
        "localhost",
        1,
    )
    made = invitations.invite(club=club, actor=owner, email="nora@elsewhere.example", role=Role.VIEWER)
    assert made.sent_at is None
    assert [one.pk for one in invitations.open_ones(club=club)] == [made.pk]


def test_staff_switch_a_person_off_everywhere_and_on_again(club, owner) -> None:  # type: ignore[no-untyped-def]
    other = make_club("wattle-creek", "Wattle Creek Bowling Club")
    Membership.objects.create(club=other, user=owner, role=Role.VIEWER)
    staff = make_user("sam@vendor.example", is_staff=True)
    with pytest.raises(people.NotStaff):
        people.switch(actor=owner, user=staff, on=False)
    people.switch(actor=staff, user=owner, on=False)
    assert access.clubs_of(User.objects.get(pk=owner.pk)) == []
    for place in (club, other):
        event = AuditEvent.objects.of(place).latest("position")
        assert (event.action, event.subject) == ("people.switched_off", owner.email)
    people.switch(actor=staff, user=owner, on=True)
    assert len(access.clubs_of(User.objects.get(pk=owner.pk))) == 2


def test_a_club_sends_so_many_invitations_a_day_and_those_sent_again_count(club, owner, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(invitations, "MOST_BY_CLUB_A_DAY", 2)
    made = invitations.invite(club=club, actor=owner, email="a@elsewhere.example", role=Role.VIEWER)
    invitations.send_again(club=club, actor=owner, invitation_id=made.pk)
    other = add_member(club, Role.ADMINISTRATOR)
    with pytest.raises(invitations.TooManyInvitations, match="has sent 2 invitations within a day"):
        invitations.invite(club=club, actor=other, email="b@elsewhere.example", role=Role.VIEWER)
    with pytest.raises(invitations.TooManyInvitations, match="has sent 2 invitations within a day"):
        invitations.send_again(club=club, actor=other, invitation_id=made.pk)
    assert len(mail.outbox) == 2
    assert Invitation.objects.of(club).count() == 1
    elsewhere = make_club("elsewhere")
    invitations.invite(
        club=elsewhere, actor=add_member(elsewhere, Role.OWNER), email="b@elsewhere.example", role=Role.VIEWER
    )
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=1, minutes=1))
    invitations.send_again(club=club, actor=other, invitation_id=made.pk)
    assert len(mail.outbox) == 4


def test_a_person_sends_so_many_an_hour_at_all_their_clubs(club, owner, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(invitations, "MOST_BY_PERSON_AN_HOUR", 2)
    second = make_club("second")
    Membership.objects.create(club=second, user=owner, role=Role.OWNER)
    made = invitations.invite(club=club, actor=owner, email="a@elsewhere.example", role=Role.VIEWER)
    invitations.invite(club=second, actor=owner, email="b@elsewhere.example", role=Role.VIEWER)
    with pytest.raises(invitations.TooManyInvitations, match="You have sent 2 invitations within an hour"):
        invitations.invite(club=second, actor=owner, email="c@elsewhere.example", role=Role.VIEWER)
    with pytest.raises(invitations.TooManyInvitations, match="You have sent 2 invitations within an hour"):
        invitations.send_again(club=club, actor=owner, invitation_id=made.pk)
    other = add_member(club, Role.ADMINISTRATOR)
    invitations.send_again(club=club, actor=other, invitation_id=made.pk)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=61))
    invitations.invite(club=second, actor=owner, email="c@elsewhere.example", role=Role.VIEWER)


def test_one_address_is_not_written_to_again_and_again(club, owner, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    made = invitations.invite(club=club, actor=owner, email="a@elsewhere.example", role=Role.VIEWER)
    for _ in range(invitations.MOST_TO_ADDRESS_A_DAY - 1):
        invitations.send_again(club=club, actor=owner, invitation_id=made.pk)
    with pytest.raises(invitations.TooManyInvitations, match="has been sent 5 invitations within a day"):
        invitations.invite(club=club, actor=owner, email="A@elsewhere.example", role=Role.VIEWER)
    assert Invitation.objects.of(club).get(withdrawn_at=None) == made
    invitations.invite(club=club, actor=owner, email="b@elsewhere.example", role=Role.VIEWER)
