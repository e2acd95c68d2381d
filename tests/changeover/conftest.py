"""A club of two senders on the old app (V2), with something to send, and the new app (V3) registered beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from clubledger.bookkeeping.facts import ItemKind
from clubledger.changeover.models import Changeover
from clubledger.changeover.move import steps, switch
from clubledger.changeover.waves import plan
from clubledger.clubs.models import Club, Role, User
from clubledger.delivery import preflight, serve
from clubledger.delivery.sending import queue
from clubledger.foundation import crash, wake
from clubledger.ledger.intake import imports
from clubledger.ledger.models import FinancialItem, GLCode, Journal
from clubledger.xero.models import Connection, XeroApp
from tests.fixtures_clubs import add_member, make_club, make_user
from tests.fixtures_xero import SAM, TESS, XeroWorld, make_app, xero

__all__ = ["xero"]

HEADER = "source_id,kind,accounting_date,account_type,item,amount"


class Died(BaseException):
    """The process ended here; no handler of the product may see it."""


@contextmanager
def dying_at(name: str) -> Iterator[None]:
    """Let the process die at a named point, as if the power went."""

    def die(point: str) -> None:
        if point == name:
            raise Died(point)

    crash.use(die)
    try:
        with pytest.raises(Died):
            yield
    finally:
        crash.use(None)


@dataclass
class Moving:
    """The club, its people and both apps."""

    xero: XeroWorld
    club: Club
    owner: User
    administrator: User
    tess: User
    sam: User
    staff: User
    old: XeroApp
    new: XeroApp
    folder: Path

    def bring_in(self, *rows: str) -> None:
        """Import rows of a transactions file."""
        path = self.folder / f"{len(list(self.folder.iterdir()))}.csv"
        path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        begun = imports.begin_import(club=self.club, actor=self.tess, path=path, file_name=path.name)
        done = imports.read_import(import_id=begun.pk)
        assert (done.state, done.rows_refused) == ("done", 0), done.refusal

    def invoice(self, number: int, on: date = date(2026, 11, 20), amount: str = "110.00") -> Journal:
        """Invoice a member on a day, and give the day's journal."""
        self.bring_in(f"INV-{number},invoice,{on},SUBS,FULL7,{amount}")
        return Journal.objects.of(self.club).filter(accounting_date=on).latest("sequence")

    def queue(self, *journals: Journal, sender: User | None = None) -> None:
        """Validate journals and press Send to GL."""
        actor, ids = sender or self.tess, [journal.pk for journal in journals]
        validation = preflight.validate(club=self.club, actor=actor, journal_ids=ids)
        assert sorted(validation.valid_ids) == sorted(ids), validation.findings
        queue.send_to_gl(club=self.club, actor=actor, journal_ids=ids)

    def serve(self) -> bool:
        """Take the club's turn, as a worker does."""
        return serve.serve_club(self.club.pk)

    def state(self, journal: Journal) -> str:
        return str(Journal.objects.of(self.club).get(pk=journal.pk).state)

    def waits_for(self, journal: Journal) -> str:
        return str(Journal.objects.of(self.club).get(pk=journal.pk).wait_reason)

    def in_xero(self) -> list[str]:
        """Return the narrations of what stands in the club's organisation."""
        return sorted(one.narration for one in self.xero.simulator.journals(self.xero.tenant_id()))

    def plan(self, **fields: object) -> Changeover:
        return plan.plan(club=self.club, actor=self.staff, to_app=self.new, **fields)  # type: ignore[arg-type]

    def switch(self, **fields: object) -> Changeover:
        row = self.plan(**fields)
        return switch.switch(club=self.club, actor=self.staff, changeover_id=row.pk)

    def now(self) -> Changeover:
        """Return the newest changeover as it stands."""
        found = steps.newest_of(club=self.club)
        assert found is not None
        return found


@pytest.fixture
def moving(xero: XeroWorld, db: None, tmp_path: Path) -> Moving:
    """Banksia Park on V2, authorised by Tess and by Sam, mapped, with V3 registered."""
    old, new = make_app("clubledger-v2"), make_app("clubledger-v3", is_certified=True, tier="plus")
    club = make_club()
    owner, administrator = add_member(club, Role.OWNER), add_member(club, Role.ADMINISTRATOR)
    tess = add_member(club, Role.ACCOUNTS, "tess@banksiapark.example")
    sam = add_member(club, Role.ACCOUNTS, "sam@banksiapark.example")
    staff = make_user("stan@vendor.example", "Stan Staff", is_staff=True)
    Connection.objects.of(club).create(club=club, app=old)
    xero.authorise(club, tess, login=TESS)
    xero.authorise(club, sam, login=SAM)
    preflight.get_gl_codes(club=club, actor=tess)
    codes = {code.code: code for code in GLCode.objects.of(club)}
    for kind, code, gl_code, tax in (
        (ItemKind.ACCOUNT_TYPE, "SUBS", "611", ""),
        (ItemKind.CHARGE, "FULL7", "210", "OUTPUT"),
    ):
        FinancialItem.objects.of(club).create(
            club=club, kind=kind, code=code, gl_code=codes[gl_code], tax_type=tax,
            untaxed_tax_type="EXEMPTOUTPUT" if tax else "",
        )  # fmt: skip
    xero.later(minutes=1)
    return Moving(xero, club, owner, administrator, tess, sam, staff, old, new, tmp_path)


def authorise(moving: Moving, user, login):
    """Authorise, and let the wake-ups that follow run, as a worker would."""
    row = moving.xero.authorise(moving.club, user, login=login)
    for task in ("delivery.go_on", "changeover.look"):
        wake.run(task, club_id=moving.club.pk)
    return row
