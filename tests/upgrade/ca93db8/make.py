"""Makes the database that is kept beside this file, by the commands and rooms of the version that it is named after.

Run it in a checkout of that version, as the README above says: what it imports is that version's, not today's.
"""

import json
import os
import sys
from pathlib import Path
from unittest.mock import patch

from golf_club import golf_club
from other_clubs import other_clubs
from work import ABROAD, CLUBS, GRETA, OLIVE, PASSWORD, STAN, TESS, command


def set_up() -> None:
    """People, clubs, roles and Xero apps."""
    from clubledger.clubs.models import Club, User
    from clubledger.xero.models import Connection
    from tests.fixtures_xero import make_app

    command("migrate")
    for email, name in ((OLIVE, "Olive Owner"), (TESS, "Tess Okafor"), (GRETA, "Greta Größe")):
        command("create-user", email, "--name", name, "--password-stdin", given=f"{PASSWORD}\n")
    command("create-user", STAN, "--name", "Stan Staff", "--staff", "--password-stdin", given=f"{PASSWORD}\n")
    User.objects.filter(email=GRETA).update(language="de")
    make_app("clubledger-v3", is_certified=True, tier="plus")
    old = make_app("clubledger-v2", tier="core", next_client_secret="clubledger-v2-next-secret")
    golf = ("banksia-park", "Banksia Park Golf Club", "Australia/Sydney", "AUD", "")
    for slug, name, zone, currency, _organisation in (golf, *CLUBS):
        command(
            "create-club", slug, "--name", name, "--owner", OLIVE, "--time-zone", zone, "--currency", currency
        )  # fmt: skip
        for email, role in ((TESS, "accounts"), (GRETA, "administrator")):
            command("set-role", email, role, "--club", slug, "--as", OLIVE)
        club = Club.objects.get(slug=slug)
        Connection.objects.of(club).create(club=club, app=old)
    Club.objects.filter(slug="heatherfield").update(language="de")
    for slug in ("sheoak", "old-course"):
        command("create-club", slug, "--name", slug.title().replace("-", " "), "--owner", OLIVE)


def facts() -> dict[str, object]:
    """What must still be so on a later version: how many rows there are, and what they come to."""
    from django.apps import apps
    from django.db.models import Count, Sum

    from clubledger.ledger.models import Journal, JournalLine, JournalTotal, RefusedRow, SourceLine
    from clubledger.xero.models import XeroApp

    def managed(model):  # type: ignore[no-untyped-def]
        return model._base_manager

    models = [model for model in apps.get_models() if model._meta.managed and model._meta.app_label not in {
        "contenttypes", "auth", "sessions"}]  # fmt: skip
    counts = {model._meta.db_table: managed(model).count() for model in models}
    states = managed(Journal).values_list("state").annotate(n=Count("pk")).order_by("state")
    waits = managed(Journal).exclude(wait_reason="").values_list("wait_reason").annotate(n=Count("pk"))
    sums = {
        "journals": managed(Journal).aggregate(sum=Sum("debit_minor"))["sum"],
        "lines": managed(JournalLine).filter(amount_minor__gt=0).aggregate(sum=Sum("amount_minor"))["sum"],
        "totals": managed(JournalTotal).aggregate(sum=Sum("amount_minor"))["sum"],
        "rows": managed(SourceLine).aggregate(sum=Sum("amount_minor"))["sum"],
    }
    findings = sorted({row["code"] for journal in managed(Journal).all() for row in journal.findings})
    return {
        "counts": counts, "states": dict(states), "waits": dict(waits.order_by("wait_reason")), "sums": sums,
        "findings": findings, "reasons": managed(RefusedRow).values("reason").distinct().count(),
        "client_secrets": [row.client_secret for row in managed(XeroApp).order_by("pk")],
        "again": {"banksia-park": ["november_again.csv"]}
        | {club[0]: ["abroad.csv" if club[0] in ABROAD else "small.csv"] for club in CLUBS},
        "as": OLIVE,
    }  # fmt: skip


def make(into: Path) -> None:
    """Make it all, at 22 November 2026, and write what must still be so later beside it."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clubledger.settings")
    django.setup()
    from django.test.utils import override_settings, setup_test_environment

    from clubledger.foundation import clock
    from clubledger.xero import client  # noqa: F401
    from tests.fixtures_xero import START, talking_to
    from xero_simulator.app import DEFAULT_ORIGIN, Simulator
    from xero_simulator.clock import Clock

    setup_test_environment()
    simulator = Simulator(clock=Clock(START), origin=DEFAULT_ORIGIN, seed=1)
    with (
        override_settings(MAIL_IN_BACKGROUND=False, CLUBLEDGER_REQUIRE_MFA=False),
        talking_to(simulator) as xero,
        patch("django.utils.timezone.now", clock.now),
    ):
        set_up()
        golf_club(xero)
        other_clubs(xero)
        found = facts()
    into.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    make(Path(sys.argv[1]))
