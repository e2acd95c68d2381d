"""The console is for the vendor's staff; for anybody else there is nothing there."""

from types import SimpleNamespace
from typing import Any

from clubledger.changeover import staff_keys
from clubledger.changeover.models import Changeover
from clubledger.foundation import clock
from tests.doors.rows import PEOPLE, Row


def _staff(**more: Any) -> Row:
    allowed = more.pop("fine", 200)
    answers = dict.fromkeys(PEOPLE, 404) | {"nobody": 302, "staff": allowed}
    return Row(permission=None, is_of_club=False, expected=answers, **more)


def _changeover(world: SimpleNamespace) -> Changeover:
    found = Changeover.objects.of(world.club).first()
    now = clock.now()
    made: Changeover = found or Changeover.objects.of(world.club).create(
        club=world.club, to_app=world.app, planned_by=world.people["staff"], planned_at=now, moved_at=now
    )
    return made


def _key(world: SimpleNamespace) -> str:
    key, _secret = staff_keys.create(actor=world.people["staff"], name="Desk")
    return key.prefix


ROWS: dict[str, Row] = {
    "console": _staff(fine=302),
    "console-changeovers": _staff(),
    "console-plan": _staff(),
    "console-step-for-all": _staff(method="post", fine=302),
    "console-changeover": _staff(args=lambda w: [_changeover(w).pk]),
    "console-step": _staff(args=lambda w: [_changeover(w).pk, "pause"], method="post", fine=302),
    "console-clubs": _staff(),
    "console-club": _staff(args=lambda w: [w.club.slug]),
    # The app asked for does not exist.
    "console-plan-club": _staff(args=lambda w: [w.club.slug], method="post", form={"to_app": "999999"}, fine=404),
    "console-apps": _staff(),
    "console-new-app": _staff(),
    "console-app": _staff(args=lambda w: [w.app.pk]),
    "console-rotate": _staff(args=lambda w: [w.app.pk], method="post", fine=302),
    "console-fleet": _staff(),
    "console-keys": _staff(),
    "console-revoke-key": _staff(args=lambda w: [_key(w)]),
}
