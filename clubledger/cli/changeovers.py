"""Commands for the vendor's staff: changeovers, changeover, plan-changeovers, staff-key. Every one with --json."""

import argparse
import os
from datetime import date, time
from pathlib import Path
from typing import Any

from clubledger.changeover import staff
from clubledger.changeover.fleet import board
from clubledger.changeover.models import Changeover, State, Wave
from clubledger.changeover.move import named_steps, steps
from clubledger.changeover.waves import capacity, files, plan
from clubledger.cli import arguments, output
from clubledger.cli.errors import Failure
from clubledger.clubs.models import Club, User
from clubledger.xero.models import XeroApp

SHORT = ("club", "state", "since", "stuck", "people_done", "people_total", "switch_at", "waits_for")


def add_commands(commands: Any) -> None:
    """Add the commands of this group."""
    listing = commands.add_parser("changeovers", help="list changeovers, or count them with --status")
    listing.add_argument("--wave", default="", help="only those of this wave")
    listing.add_argument("--state", choices=State.values, default="", help="only those in this state")
    listing.add_argument("--stuck", action="store_true", help="only those that want a person")
    listing.add_argument("--status", action="store_true", help="count them by state")
    _add_actor(listing)
    listing.set_defaults(run=run_list)

    planning = commands.add_parser(
        "plan-changeovers",
        help="plan a wave from a CSV file or for all clubs of an app",
        description=f"Plans a wave. A CSV file has the columns {', '.join(files.COLUMNS)}; only club is needed.",
    )
    planning.add_argument("--wave", required=True, help="the wave's name")
    planning.add_argument("--to", required=True, metavar="CLIENT_ID", help="client id of the new app")
    whom = planning.add_mutually_exclusive_group(required=True)
    whom.add_argument("--file", type=Path, help="the clubs and their times")
    whom.add_argument("--from", dest="from_app", metavar="CLIENT_ID", help="all clubs that use this app")
    planning.add_argument("--on", type=arguments.day, metavar="DATE", help="with --from: the day, by each club's clock")
    planning.add_argument("--at", type=time.fromisoformat, metavar="TIME", help="with --from: the time (09:00)")
    planning.add_argument("--per-hour", type=int, metavar="N", help="with --from: so many clubs an hour")
    planning.add_argument("--disconnect", action="store_true", help="with --from: leave the old app by itself")
    planning.add_argument("--silent", action="store_true", help="do not tell the clubs yet")
    _add_actor(planning)
    planning.set_defaults(run=run_plan)

    one = commands.add_parser("changeover", help="show a club's changeover, or take a step of it")
    one.add_argument("slug", metavar="CLUB", help="the club's short name")
    one.add_argument("step", nargs="?", choices=named_steps.STEPS, help="without it: show where it stands")
    one.add_argument("--reason", default="", help="why; kept with the step")
    one.add_argument(
        "--at", default="", metavar="DATETIME", help="for reschedule, by the club's clock: 2026-11-30T14:00"
    )
    _add_actor(one)
    one.set_defaults(run=run_one)

    key = commands.add_parser("staff-key", help="make or revoke a key for the vendor's API")
    key.add_argument("name", help="what it is for; with --revoke, the key's prefix")
    key.add_argument("--revoke", action="store_true")
    _add_actor(key)
    key.set_defaults(run=run_key)


def _add_actor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as",
        dest="actor",
        metavar="EMAIL",
        default=os.environ.get("CLUBLEDGER_AS", ""),
        help="who of the vendor's staff does it",
    )
    output.add_json(parser)


def _actor(asked: argparse.Namespace) -> User:
    actor = arguments.actor(asked)
    staff.require(actor)
    return actor


def run_list(asked: argparse.Namespace) -> int:
    """List or count changeovers."""
    actor = _actor(asked)
    wave_id = None
    if asked.wave:
        wave = Wave.objects.filter(name=asked.wave).first()
        if wave is None:
            raise Failure(f"There is no wave {asked.wave!r}.")
        wave_id = wave.pk
    if asked.status:
        tally = board.tally(actor=actor, wave_id=wave_id)
        value = {"by_state": tally.by_state, "stuck": tally.stuck, "done": tally.done, "total": tally.total}
        rows = [{"state": str(State(state).label), "clubs": count} for state, count in tally.by_state.items()]
        output.show(asked, value, [*rows, {"state": "stuck", "clubs": tally.stuck}])
        return 0
    found = list(board.find(actor=actor, wave_id=wave_id, state=asked.state, stuck=asked.stuck))
    values = _values(found)
    output.show(asked, values, [{name: value[name] for name in SHORT} for value in values], "No changeover.")
    return 0


def _values(rows: list[Changeover]) -> list[dict[str, Any]]:
    missing = board.missing_people(rows)
    return [board.as_value(row, missing.get(row.pk, [])) for row in rows]


def run_plan(asked: argparse.Namespace) -> int:
    """Plan a wave; 1 if anything was refused, so that a script sees it."""
    actor, to_app = _actor(asked), _app(asked.to)
    refusals: list[plan.Refusal] = []
    if asked.file:
        if not asked.file.is_file():
            raise Failure(f"There is no file {asked.file}.")
        wishes, refusals = files.read_csv(asked.file.read_bytes())
    else:
        on: date | None = asked.on
        clubs = plan.clubs_to_move(actor=actor, to_app=to_app, from_app=_app(asked.from_app))
        wishes = list(
            plan.wishes_for(
                clubs,
                switch_on=on,
                switch_time=asked.at,
                per_hour=asked.per_hour,
                disconnects_itself=asked.disconnect,
            )
        )
    made = plan.plan_wave(
        actor=actor, to_app=to_app, name=asked.wave, wishes=wishes, announce=not asked.silent, refused=refusals
    )
    refused = [{"row": one.label, "reason": one.reason} for one in made.refusals]
    crowded = capacity.warning(to_app=to_app)
    value = {"wave": asked.wave, "planned": len(made.changeovers), "refused": refused, "warning": crowded}
    output.show(asked, value, [{"wave": asked.wave, "planned": len(made.changeovers), "refused": len(refused)}])
    if refused and not asked.json:
        output.print_table(refused)
    if crowded:
        output.say(asked, crowded)
    return 1 if refused else 0


def _app(client_id: str) -> XeroApp:
    app = XeroApp.objects.filter(client_id=client_id).first()
    if app is None:
        raise Failure(f"No app with the client id {client_id!r} is registered.")
    return app


def run_one(asked: argparse.Namespace) -> int:
    """Show a club's changeover, or take a step of it."""
    actor = _actor(asked)
    club = Club.objects.filter(slug=asked.slug).first()
    row = steps.newest_of(club=club) if club else None
    if club is None or row is None:
        raise Failure(f"There is no changeover of a club {asked.slug!r}.")
    if asked.step:
        named_steps.take(asked.step, club=club, actor=actor, changeover_id=row.pk, reason=asked.reason, at=asked.at)
    value = _values([steps.newest_of(club=club) or row])[0]
    output.show(asked, value, [{"what": name, "value": str(what)} for name, what in value.items() if what != ""])
    return 0


def run_key(asked: argparse.Namespace) -> int:
    """Make a key and show its secret once, or revoke one."""
    actor = _actor(asked)
    if asked.revoke:
        if not staff.revoke_key(actor=actor, prefix=asked.name):
            raise Failure(f"There is no live key {asked.name!r}.")
        output.say(asked, f"{asked.name} is revoked.")
        return 0
    key, secret = staff.create_key(actor=actor, name=asked.name)
    value = {"name": key.name, "prefix": key.prefix, "secret": secret}
    output.show(asked, value, [value])
    output.say(asked, "The secret is not shown again.")
    return 0
