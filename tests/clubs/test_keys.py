"""API keys: shown once, kept as a hash, never more than their person can do, ended at once."""

import secrets
from datetime import UTC, datetime

import pytest

from clubledger.clubs import access, api_keys, people
from clubledger.clubs.access import NotAllowed
from clubledger.clubs.models import ApiKey, AuditEvent, Club, Role, User
from clubledger.foundation import clock
from tests.fixtures_clubs import add_member, make_club

pytestmark = pytest.mark.django_db


@pytest.fixture
def club() -> Club:
    return make_club()


@pytest.fixture
def owner(club: Club) -> User:
    return add_member(club, Role.OWNER)


def actions(club: Club) -> list[str]:
    return list(AuditEvent.objects.of(club).order_by("position").values_list("action", flat=True))


def test_its_secret_opens_its_club_and_is_kept_nowhere(club: Club, owner: User) -> None:
    key, secret = api_keys.create(club=club, actor=owner, name="POS", may_import=True)
    assert secret.startswith(key.prefix + "_")
    rest = secret.removeprefix(key.prefix + "_")
    assert len(rest) >= 43
    assert rest not in str(ApiKey.objects.of(club).values().get())
    assert rest not in str(list(AuditEvent.objects.of(club).values()))
    found = api_keys.open_with(secret)
    assert (found.pk, found.club, found.acts_for) == (key.pk, club, owner)


@pytest.mark.parametrize(
    "spoil", [lambda s: s[:-1], lambda s: s + "x", lambda s: s[:13], lambda s: "", lambda s: "_" * 9]
)
def test_anything_else_opens_nothing(club: Club, owner: User, spoil) -> None:  # type: ignore[no-untyped-def]
    _, secret = api_keys.create(club=club, actor=owner, name="POS", may_import=True)
    with pytest.raises(api_keys.UnknownKey):
        api_keys.open_with(spoil(secret))


def test_a_secret_with_underscores_opens_too(club: Club, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_urlsafe", lambda size: "_a__b-c_")
    _, secret = api_keys.create(club=club, actor=owner, name="POS", may_import=True)
    assert api_keys.open_with(secret).club == club


def test_who_may_make_one(club: Club, owner: User) -> None:
    administrator, accounts = add_member(club, Role.ADMINISTRATOR), add_member(club, Role.ACCOUNTS)
    api_keys.create(club=club, actor=administrator, name="Reporting", may_import=False)
    with pytest.raises(NotAllowed):
        api_keys.create(club=club, actor=administrator, name="POS", may_import=True)
    with pytest.raises(NotAllowed):
        api_keys.create(club=club, actor=accounts, name="POS", may_import=False)


def test_a_revoked_one_opens_nothing_and_its_use_is_noted_now_and_then(club: Club, owner: User) -> None:
    key, secret = api_keys.create(club=club, actor=owner, name="POS", may_import=True)
    api_keys.revoke(club=club, actor=owner, key_id=key.pk)
    time = clock.SettableClock(datetime(2026, 11, 2, tzinfo=UTC))
    with clock.use(time):
        for seconds in (0, 10, 3600):
            time.advance(seconds)
            with pytest.raises(api_keys.UnknownKey):
                api_keys.open_with(secret)
    assert actions(club) == ["api_key.created", "api_key.revoked", "api_key.refused", "api_key.refused"]


def test_its_use_is_kept_to_the_minute_and_noted_the_first_time(club: Club, owner: User) -> None:
    key, secret = api_keys.create(club=club, actor=owner, name="POS", may_import=True)
    time = clock.SettableClock(datetime(2026, 11, 2, tzinfo=UTC))
    with clock.use(time):
        api_keys.open_with(secret)
        first = time.now()
        time.advance(30)
        api_keys.open_with(secret)
        key.refresh_from_db()
        assert key.last_used_at == first
        time.advance(31)
        api_keys.open_with(secret)
        key.refresh_from_db()
        assert key.last_used_at == time.now()
    assert actions(club) == ["api_key.created", "api_key.first_used"]


def test_it_stops_with_its_person_until_somebody_takes_it_over(club: Club, owner: User) -> None:
    second = add_member(club, Role.OWNER, "second@banksiapark.example")
    key, secret = api_keys.create(club=club, actor=second, name="POS", may_import=True)
    assert api_keys.works(key, access.roles_at(key.club))
    people.remove(club=club, actor=owner, user=second)
    assert not api_keys.works(key, access.roles_at(key.club))
    with pytest.raises(api_keys.UnknownKey):
        api_keys.open_with(secret)
    with pytest.raises(NotAllowed):
        api_keys.take_over(club=club, actor=add_member(club, Role.ADMINISTRATOR), key_id=key.pk)
    api_keys.take_over(club=club, actor=owner, key_id=key.pk)
    assert api_keys.open_with(secret).acts_for == owner


def test_nobody_of_another_club_ends_it(club: Club, owner: User) -> None:
    key, _ = api_keys.create(club=club, actor=owner, name="POS", may_import=True)
    other = make_club("wattle-creek", "Wattle Creek Bowling Club")
    stranger = add_member(other, Role.OWNER)
    with pytest.raises(NotAllowed):
        api_keys.revoke(club=club, actor=stranger, key_id=key.pk)
    with pytest.raises(ApiKey.DoesNotExist):
        api_keys.revoke(club=other, actor=stranger, key_id=key.pk)


def test_a_switched_off_club_has_no_open_door(club: Club, owner: User) -> None:
    _, secret = api_keys.create(club=club, actor=owner, name="POS", may_import=True)
    Club.objects.filter(pk=club.pk).update(is_active=False)
    with pytest.raises(api_keys.UnknownKey):
        api_keys.open_with(secret)


def test_a_club_has_so_many_at_most(club: Club, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_keys, "MOST_LIVE", 1)
    api_keys.create(club=club, actor=owner, name="POS", may_import=True)
    with pytest.raises(api_keys.TooManyKeys):
        api_keys.create(club=club, actor=owner, name="Web", may_import=True)
