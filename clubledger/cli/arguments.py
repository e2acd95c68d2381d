"""Who asks and for which club: the same question of clubs.access that every door asks."""

import argparse
import os
from datetime import date

from clubledger.cli.errors import Failure
from clubledger.clubs import access
from clubledger.clubs.access import ClubAccess
from clubledger.clubs.models import User


def add_club(parser: argparse.ArgumentParser) -> None:
    """Add to a command the options --club and --as."""
    parser.add_argument(
        "--club",
        metavar="SLUG",
        default=os.environ.get("CLUBLEDGER_CLUB", ""),
        help="the club's short name, as in its address; needed only by a person of several clubs",
    )
    parser.add_argument(
        "--as",
        dest="actor",
        metavar="EMAIL",
        default=os.environ.get("CLUBLEDGER_AS", ""),
        help="the person who does it, for the audit trail and for what their role allows",
    )


def club_and_actor(asked: argparse.Namespace) -> ClubAccess:
    """Return the asking person's access to the club. Raises Failure that says which of the two is missing."""
    user = actor(asked)
    if asked.club:
        try:
            return access.open_club(user, asked.club)
        except access.ClubNotFound:
            raise Failure(f"{user.email} belongs to no club {asked.club!r}.{_known(user)}") from None
    clubs = access.clubs_of(user)
    if len(clubs) == 1:
        return clubs[0]
    if not clubs:
        raise Failure(f"{user.email} belongs to no club. Make one with `clubledger create-club`.")
    raise Failure(f"Say for which club: --club SLUG, or set CLUBLEDGER_CLUB.{_known(user)}")


def actor(asked: argparse.Namespace) -> User:
    """Return the person who does it. Raises Failure where nobody is named."""
    if not asked.actor:
        raise Failure("Say who does this: --as EMAIL, or set CLUBLEDGER_AS.")
    return person(asked.actor)


def person(email: str) -> User:
    """Return the active person with this e-mail address. Raises Failure."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        raise Failure(f"Nobody signs in as {email!r}. Make the person with `clubledger create-user`.")
    return user


def day(text: str) -> date:
    """Read a date written YYYY-MM-DD; for argparse."""
    try:
        if len(text) != len("2026-07-01"):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date: write YYYY-MM-DD") from None


def _known(user: User) -> str:
    slugs = [known.club.slug for known in access.clubs_of(user)]
    return f" Known: {', '.join(slugs)}." if slugs else ""
