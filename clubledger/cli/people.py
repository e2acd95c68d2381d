"""Commands about people and clubs: create-user, switch-person, set-role, create-club, close-club, set-currency."""

import argparse
import getpass
import os
import sys
import zoneinfo
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug

from clubledger.changeover import closure
from clubledger.cli import arguments, output
from clubledger.cli.errors import Failure
from clubledger.clubs import currency, people
from clubledger.clubs.models import Club, Role, User

PASSWORD_VARIABLE = "CLUBLEDGER_PASSWORD"  # noqa: S105 - the name of a variable


def add_commands(commands: Any) -> None:
    """Add the commands of this group."""
    user = commands.add_parser(
        "create-user",
        help="make a person who can sign in",
        description="Makes a person. The password is asked for, read from standard input with --password-stdin, or "
        f"taken from {PASSWORD_VARIABLE}; it never stands on the command line, where others could see it.",
    )
    user.add_argument("email")
    user.add_argument("--name", required=True)
    user.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    user.add_argument("--staff", action="store_true", help="one of the vendor's staff")
    user.add_argument("--role", choices=Role.values, help="the person's role at the club of --club; given by --as")
    arguments.add_club(user)
    output.add_json(user)
    user.set_defaults(run=run_create_user)

    role = commands.add_parser("set-role", help="give a person a role at the club")
    role.add_argument("email")
    role.add_argument("role", choices=Role.values)
    arguments.add_club(role)
    output.add_json(role)
    role.set_defaults(run=run_set_role)

    club = commands.add_parser("create-club", help="make a club with its first Owner")
    club.add_argument("slug", help="its short name, as in its address")
    club.add_argument("--name", required=True)
    club.add_argument("--owner", required=True, metavar="EMAIL", help="a person who exists")
    club.add_argument("--time-zone", default="Australia/Sydney", help="IANA name (default: %(default)s)")
    club.add_argument("--currency", default="AUD", help="of its books and of its organisation (default: %(default)s)")
    output.add_json(club)
    club.set_defaults(run=run_create_club)

    close = commands.add_parser(
        "close-club",
        help="disconnect a club that leaves, in Xero too, and close it (staff)",
        description="Ends every connection of the club in Xero and closes it: nobody opens it, nothing is sent, nothing"
        " is deleted. Run again, it tries once more what Xero did not disconnect.",
    )
    close.add_argument("slug")
    close.add_argument("--reason", required=True, help="why, for the audit trail")
    close.add_argument("--open-again", action="store_true", help="open a closed club again")
    arguments.add_club(close)
    output.add_json(close)
    close.set_defaults(run=run_close_club)

    switch = commands.add_parser(
        "switch-person",
        help="switch a person off at every club at once, or on again",
        description="For the vendor's staff, when an account is lost or misused: it works at once, signed in or not.",
    )
    switch.add_argument("email")
    switch.add_argument("to", choices=["off", "on"])
    arguments.add_club(switch)
    output.add_json(switch)
    switch.set_defaults(run=run_switch_person)

    money = commands.add_parser("set-currency", help="say in which currency the club's books are")
    money.add_argument("currency", help="such as AUD or NZD; its organisation in Xero must have the same")
    arguments.add_club(money)
    output.add_json(money)
    money.set_defaults(run=run_set_currency)


def run_create_user(asked: argparse.Namespace) -> int:
    """Make a person, and give them a role if one was asked for."""
    email = asked.email.strip().lower()
    validate_email(email)
    if User.objects.filter(email=email).exists():
        raise Failure(f"There is somebody who signs in as {email} already.")
    door = arguments.club_and_actor(asked) if asked.role else None
    user = User(email=email, name=asked.name, is_staff=asked.staff)
    password = _password(asked)
    validate_password(password, user)
    user = people.create_person(
        email=email,
        name=asked.name,
        password=password,
        is_staff=asked.staff,
        club=door.club if door else None,
        actor=door.user if door else None,
        role=asked.role or "",
    )
    value = {"email": user.email, "name": user.name, "staff": user.is_staff, "role": asked.role or ""}
    output.show(asked, value, [value])
    return 0


def run_set_role(asked: argparse.Namespace) -> int:
    """Grant a person a role at the club, adding them if need be."""
    door = arguments.club_and_actor(asked)
    membership = people.set_role(club=door.club, actor=door.user, user=arguments.person(asked.email), role=asked.role)
    value = {"email": membership.user.email, "club": door.club.slug, "role": membership.role}
    output.show(asked, value, [value])
    return 0


def run_create_club(asked: argparse.Namespace) -> int:
    """Make a club with its first Owner."""
    validate_slug(asked.slug)
    if asked.time_zone not in zoneinfo.available_timezones():
        raise Failure(f"There is no time zone {asked.time_zone!r}: write it like Australia/Sydney.")
    if Club.objects.filter(slug=asked.slug).exists():
        raise Failure(f"There is a club {asked.slug!r} already.")
    owner = arguments.person(asked.owner)
    code = _currency(asked.currency)
    club = people.create_club(name=asked.name, slug=asked.slug, owner=owner, time_zone=asked.time_zone, currency=code)
    value = {"slug": club.slug, "name": club.name, "time_zone": club.time_zone, "mark": club.mark, "owner": owner.email}
    value["currency"] = club.currency
    output.show(asked, value, [value])
    return 0


def run_close_club(asked: argparse.Namespace) -> int:
    """Close a club, or open it again; 1 if Xero still has a connection of it."""
    actor = arguments.actor(asked)
    club = Club.objects.filter(slug=asked.slug).first()
    if club is None:
        raise Failure(f"There is no club {asked.slug!r}.")
    left = []
    if asked.open_again:
        closure.open_again(club=club, actor=actor, reason=asked.reason)
    else:
        left = closure.close_club(club=club, actor=actor, reason=asked.reason)
    value = {"club": club.slug, "open": asked.open_again, "still_connected": [row.user.email for row in left]}
    output.show(asked, value, [value])
    return 1 if left else 0


def run_switch_person(asked: argparse.Namespace) -> int:
    """Switch a person off everywhere, or on again."""
    actor = arguments.actor(asked)
    # One who is switched off is not found by `asking.person`.
    user = User.objects.filter(email=asked.email.strip().lower()).first() or arguments.person(asked.email)
    try:
        people.switch(actor=actor, user=user, on=asked.to == "on")
    except people.NotStaff as error:
        raise Failure(str(error)) from None
    value = {"email": user.email, "switched": asked.to}
    output.show(asked, value, [value])
    return 0


def run_set_currency(asked: argparse.Namespace) -> int:
    """Say in which currency the club's books are."""
    door = arguments.club_and_actor(asked)
    club = currency.set_currency(club=door.club, actor=door.user, currency=_currency(asked.currency))
    value = {"club": club.slug, "currency": club.currency}
    output.show(asked, value, [value])
    return 0


def _currency(code: str) -> str:
    try:
        return currency.read(code)
    except currency.UnknownCurrency as error:
        raise Failure(str(error)) from None


def _password(asked: argparse.Namespace) -> str:
    if asked.password_stdin:
        return sys.stdin.readline().rstrip("\n")
    from_environment = os.environ.get(PASSWORD_VARIABLE, "")
    if from_environment:
        return from_environment
    if not sys.stdin.isatty():
        raise Failure("No password: pipe it in with --password-stdin.")
    first = getpass.getpass(f"Password for {asked.email}: ")
    if first != getpass.getpass("Once more: "):
        raise ValidationError("The two passwords differ.")
    return first
