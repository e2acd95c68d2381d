"""People and clubs for tests of every room."""

from django.test import Client

from clubledger.clubs.models import Club, Membership, Role, User


def make_user(email: str = "tess@banksiapark.example", name: str = "Tess Treasurer", **fields: object) -> User:
    return User.objects.create_user(email, "correct horse battery", name=name, **fields)


def make_club(slug: str = "banksia-park", name: str = "Banksia Park Golf Club", **fields: object) -> Club:
    return Club.objects.create(slug=slug, name=name, **fields)


def add_member(club: Club, role: Role | str, email: str = "") -> User:
    user = make_user(email or f"{role}@{club.slug}.example", name=f"{role} of {club.name}".capitalize())
    Membership.objects.create(club=club, user=user, role=role)
    return user


def signed_in(club: Club, role: Role | str) -> Client:
    """Return a browser in which a new member of the club in this role is signed in."""
    browser = Client()
    browser.force_login(add_member(club, role))
    return browser
