"""Commands that keep an installation sound: audit verify, audit find, rotate-keys."""

import argparse
from datetime import UTC, datetime
from typing import Any

from clubledger.cli import output
from clubledger.cli.errors import Failure
from clubledger.clubs import audit, incidents
from clubledger.clubs.models import Club
from clubledger.foundation import checks, crypto, rotation


def add_commands(commands: Any) -> None:
    """Add the commands of this group."""
    trail = commands.add_parser("audit", help="check the audit trail, or find in it")
    actions = trail.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = actions.add_parser("verify", help="check that no event was changed or taken out")
    verify.add_argument("--club", metavar="SLUG", default="", help="only the trail of this club")
    output.add_json(verify)
    verify.set_defaults(run=run_verify)

    search = actions.add_parser(
        "find",
        help="find what was done, by whom, at which clubs",
        description="Looks through the trails of all clubs. With --clubs: which clubs are concerned, and their Owners.",
    )
    search.add_argument("--from", dest="from_at", type=_instant, metavar="TIME", help="such as 2026-11-20T09:00+11:00")
    search.add_argument("--up-to", type=_instant, metavar="TIME")
    search.add_argument("--person", default="", metavar="EMAIL", help="who did it, or to whom it was done")
    search.add_argument(
        "--key", default="", metavar="NAME", help="part of what it was done through, such as a key's name"
    )
    search.add_argument("--action", default="", metavar="NAME", help="how its name begins, such as sign_in. or xero.")
    search.add_argument("--address", default="", metavar="IP", help="the network address it came from")
    search.add_argument("--clubs", action="store_true", help="the clubs concerned, instead of each event")
    output.add_json(search)
    search.set_defaults(run=run_find)

    rotate = commands.add_parser("rotate-keys", help="encrypt all stored secrets under the first encryption key")
    rotate.add_argument("--new-key", action="store_true", help="only print a new key for CLUBLEDGER_ENCRYPTION_KEYS")
    rotate.set_defaults(run=run_rotate, needs_settings=False)


def run_verify(asked: argparse.Namespace) -> int:
    """Check the chains of audit events; 1 if any link does not hold."""
    clubs: list[Club | None] = list(Club.objects.order_by("name"))
    if asked.club:
        clubs = [club for club in clubs if club and club.slug == asked.club]
        if not clubs:
            raise Failure(f"There is no club {asked.club!r}.")
    else:
        clubs.append(None)
    rows: list[dict[str, Any]] = []
    for club in clubs:
        # What came of it is kept, for the page Audit Trail to show.
        chain = audit.verify(club)
        name, broken = club.slug if club else "(installation)", chain.verified_faults
        told = {"trail": name, "events": chain.length, "head": chain.head, "holds": not broken, "broken": broken}
        rows.append(told)
    output.show(asked, rows, [{**row, "broken": "; ".join(row["broken"][:3])} for row in rows])
    return 0 if all(row["holds"] for row in rows) else 1


def _instant(text: str) -> datetime:
    """Read a time; without an offset it is taken to be UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write it like 2026-11-20T09:00+11:00") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def run_find(asked: argparse.Namespace) -> int:
    """List what fits, or the clubs that it concerns."""
    events = incidents.find(
        from_at=asked.from_at,
        up_to=asked.up_to,
        email=asked.person,
        through=asked.key,
        action=asked.action,
        address=asked.address,
    )
    if asked.clubs:
        found: list[dict[str, Any]] = [
            {
                "club": one.club.slug,
                "name": one.club.name,
                "events": one.events,
                "first_at": one.first_at,
                "last_at": one.last_at,
                "actions": sorted(one.actions),
                "owners": one.owners,
            }
            for one in incidents.concerned(events)
        ]
        short = [{**row, "actions": " ".join(row["actions"]), "owners": " ".join(row["owners"])} for row in found]
        output.show(asked, found, short)
        return 0
    rows = [
        {
            "at": event.at,
            "club": event.club.slug if event.club else "(installation)",
            "who": event.actor_name,
            "action": event.action,
            "what": event.summary,
        }
        for event in events
    ]
    output.show(asked, rows)
    return 0


def run_rotate(asked: argparse.Namespace) -> int:
    """Print a new key, or turn every stored secret over to the first key."""
    if asked.new_key:
        print(crypto.new_key())
        return 0
    checks.refuse_bad_settings()
    rotated = rotation.rotate_all()
    print(f"{rotated} secrets are encrypted under the first key; the other keys can be taken away.")
    return 0
