"""Loads the made-up club: people, a year of transactions, and a mapping that leaves something for a person to do.

Every step finds what an interrupted run left and goes on from there.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from clubledger.cli.demo import year
from clubledger.cli.demo.club import GL_NAMES, JOBS, LEFT_TO_MAP, MAPPING, NAME, PEOPLE, SLUG, TIME_ZONE
from clubledger.cli.errors import Failure
from clubledger.clubs import people
from clubledger.clubs.models import Club, User
from clubledger.foundation import clock
from clubledger.ledger.intake import imports
from clubledger.ledger.mapping import items
from clubledger.ledger.models import FinancialItem, GLCode, JobCode
from clubledger.xero.connection import registration

SOURCE = "demo"
Say = Callable[[str], None]


def load(folder: Path, password: str, say: Say) -> None:
    """Load the club into an empty database, or finish what an earlier run began; does nothing where it is done."""
    done = folder / "loaded"
    if done.is_file():
        return
    registration.ensure_app_from_settings()
    club, owner, treasurer = make_people(password)
    last_on = clock.today_in(club.time_zone) - timedelta(days=1)
    say(f"Making a year of transactions up to {last_on} …")
    file = year.write(folder / "year.csv", year.year(last_on))
    later = year.write(folder / "corrections.csv", year.corrections(last_on))
    for path in (file, later):
        say(f"Importing {path.name} …")
        bring_in(club, treasurer, path)
    map_items(club, owner, leave_out=LEFT_TO_MAP)
    done.write_text(last_on.isoformat(), encoding="utf-8")


def make_people(password: str) -> tuple[Club, User, User]:
    """Return the club, its Owner and its treasurer, made with the others if they are not there yet."""
    users = {}
    for person in PEOPLE:
        user = User.objects.filter(email=person.email).first()
        if user is None:
            user = User.objects.create_user(person.email, password, name=person.name, is_staff=not person.role)
        users[person.role] = user
    owner = users["owner"]
    club = Club.objects.filter(slug=SLUG).first()
    if club is None:
        club = people.create_club(name=NAME, slug=SLUG, owner=owner, time_zone=TIME_ZONE)
    for role, user in users.items():
        if role not in {"", "owner"}:
            people.set_role(club=club, actor=owner, user=user, role=role)
    return club, owner, users["accounts"]


def bring_in(club: Club, actor: User, path: Path) -> None:
    """Import a file; what is there already is left as it is. Raises Failure if anything is refused."""
    begun = imports.begin_import(club=club, actor=actor, path=path, file_name=path.name, source=SOURCE)
    done = imports.read_import(import_id=begun.pk)
    if done.state != "done" or done.rows_refused:
        raise Failure(f"{path.name} was not taken in whole: {done.refusal or f'{done.rows_refused} rows refused'}")


def map_items(club: Club, owner: User, leave_out: frozenset[str] = frozenset()) -> None:
    """Enter the GL codes and job codes by hand, as a club does before it connects, and map the items to them."""
    known = set(GLCode.objects.of(club).values_list("code", flat=True))
    for code, name in GL_NAMES.items():
        if code not in known:
            items.add_gl_code(club=club, actor=owner, code=code, name=name)
    jobs = set(JobCode.objects.of(club).values_list("code", flat=True))
    for job in JOBS:
        if job not in jobs:
            items.add_job_code(club=club, actor=owner, code=job, name=job)
    gl_ids = dict(GLCode.objects.of(club).values_list("code", "pk"))
    job_ids = dict(JobCode.objects.of(club).values_list("code", "pk"))
    item_ids = {(kind, code): key for key, kind, code in _items(club)}
    wanted = [
        items.Wanted(
            item_id=item_ids[mapped.kind, mapped.code],
            gl_code_id=gl_ids[mapped.gl_code],
            tax_type=mapped.taxed,
            untaxed_tax_type=mapped.untaxed,
            default_job_id=job_ids.get(mapped.job),
        )
        for mapped in MAPPING
        if (mapped.kind, mapped.code) in item_ids and mapped.code not in leave_out
    ]
    items.map_items(club=club, actor=owner, wanted=wanted)


def _items(club: Club) -> list[tuple[int, str, str]]:
    return list(FinancialItem.objects.of(club).values_list("pk", "kind", "code"))
