"""No form and no address of one club reaches another club's rows: its ids are put wherever an id can be put."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session

from clubledger.clubs import audit
from clubledger.clubs.models import ApiKey, Club, User
from clubledger.clubs.scoping import ClubScoped
from clubledger.delivery.models import Sighting
from clubledger.ledger.models import FinancialItem, GLCode, Import, JobCode, Journal, RefusedRow, SourceTransaction
from clubledger.xero.models import AuthorisationRequest, Connection, XeroApp
from tests.doors.table import OF_A_CLUB, READ, TABLE, address_of, client_of, reader_of, taken_back

pytestmark = pytest.mark.django_db
MARK = "Secretive"
POSTED = [name for name in OF_A_CLUB if TABLE[name].method == "post" or TABLE[name].posting]
SHOWN = [name for name in READ if ":" not in name]


def marked(club: Club) -> None:
    """Write a word into every text of the club that a page could show."""
    GLCode.objects.of(club).update(name=MARK, code=f"9{MARK}")
    Import.objects.of(club).update(file_name=MARK, source=MARK)
    SourceTransaction.objects.of(club).update(description=MARK, source_id=MARK, member=MARK)
    Journal.objects.of(club).update(xero_words=MARK)
    Journal.objects.of(club).filter(accounting_date="2026-11-09").update(number=MARK)
    Sighting.objects.of(club).update(reference=MARK)
    JobCode.objects.of(club).update(code=f"8{MARK}", name=MARK, option_id="o", option_name=MARK)
    for kind in ("charge", "account_type", "payment_method"):
        FinancialItem.objects.of(club).create(club=club, kind=kind, code=f"7{MARK}", name=MARK)
    RefusedRow.objects.of(club).create(
        club=club,
        of_import=Import.objects.of(club).get(),
        line_number=1,
        column="amount",
        value=MARK,
        reason=MARK,
        fields={"source_id": MARK},
    )


def rows_of(club: Club) -> dict[str, list[Any]]:
    """Return every row of the club, of every model that has one."""
    found: dict[str, list[Any]] = {"club": list(Club.objects.filter(pk=club.pk).values())}
    for model in apps.get_models():
        if issubclass(model, ClubScoped):
            found[model.__name__] = list(model.objects.of(club).order_by("pk").values())
    found["Membership"] = list(club.memberships.order_by("pk").values())
    return found


@pytest.fixture
def two(world: SimpleNamespace) -> SimpleNamespace:
    """The clubs of the doors, with the other one's texts marked and an uploaded file of theirs waiting."""
    other = Club.objects.get(slug="wattle-creek")
    marked(other)
    folder = Path(settings.MEDIA_ROOT) / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{other.pk}-{'a' * 32}.csv"
    kept.write_text(f"source_id,kind\n{MARK},invoice\n")
    world.other_club, world.kept = other, kept
    return world


def _theirs(two: SimpleNamespace) -> dict[str, Any]:
    """Everything of the other club's under every name by which a form could ask for it."""
    other = two.other_club
    journals = [str(pk) for pk in Journal.objects.of(other).values_list("pk", flat=True)]
    items = [str(pk) for pk in FinancialItem.objects.of(other).values_list("pk", flat=True)]
    gl_code, job = GLCode.objects.of(other).get(), JobCode.objects.of(other).get()
    minor = sum(Journal.objects.of(other).values_list("debit_minor", flat=True))
    form: dict[str, Any] = {
        "journal": journals,
        "journals": journals,
        "item": items,
        "reason": "Because",
        "seen": "1",
        "confirmed": "1",
        "said_count": str(len(journals)),
        "said_minor": str(minor),
        "kept": two.kept.name,
        "file_name": "july.csv",
        "source": "file",
        "tenant_id": "t",
        "role": "viewer",
        "email": "x@elsewhere.example",
        "day": ["2026-11-07", "2026-11-08", "2026-11-09"],
        "text": f"kind,code,gl_code\ncharge,7{MARK},{gl_code.code}\n",
        "code": gl_code.code,
        "name": "A name",
        "account_type": "REVENUE",
        "import": str(two.other_import.pk),
        "import_id": str(two.other_import.pk),
        "key_id": str(two.other_key.pk),
        "invitation_id": str(two.other_invitation.pk),
        "membership_id": str(two.other_member.pk),
        "user": str(two.other_member.user_id),
        "sighting": str(two.other_sighting.pk),
        "run": str(two.other_run.pk),
        "gl_code": str(gl_code.pk),
        "job": str(job.pk),
        "option": job.code,
        "slug": other.slug,
        "club": str(other.pk),
    }
    for pk in items:
        form |= {f"gl-{pk}": gl_code.code, f"job-{pk}": job.code, f"tax-{pk}": "OUTPUT", f"was-{pk}": ""}
    return form


@pytest.mark.parametrize("name", POSTED)
def test_a_form_with_the_ids_of_another_club_changes_nothing_of_it(two: SimpleNamespace, name: str) -> None:
    client = client_of(two, "owner")
    address = address_of(two, name)
    before = rows_of(two.other_club)
    # Sent twice: the second press is the one that confirms.
    for _ in range(2):
        answer = client.post(address, _theirs(two))
        assert answer.status_code < 500
        # What was typed may come back in the form that typed it; nothing else of the other club may.
        if not answer.streaming and name not in {"mapping-file", "gl-codes", "job-codes"}:
            assert MARK not in answer.content.decode()
    assert rows_of(two.other_club) == before
    assert two.kept.exists()


@pytest.mark.parametrize("name", [name for name in OF_A_CLUB if name in READ])
def test_an_address_with_the_ids_of_another_club_shows_nothing_of_it(two: SimpleNamespace, name: str) -> None:
    client = client_of(two, "owner")
    address = address_of(two, name)
    other = two.other_club
    journal, item = Journal.objects.of(other).first(), FinancialItem.objects.of(other).first()
    assert journal is not None
    assert item is not None
    asked: dict[str, Any] = {
        "import": two.other_import.pk, "item": item.pk, "run": two.other_run.pk, "who": two.other_member.user_id,
        "journal": journal.pk, "line": "all", "from": "2020-01-01", "up_to": "2030-01-01", "show": "all",
        "code": GLCode.objects.of(other).get().pk, "gl_code": GLCode.objects.of(other).get().pk, "table": "journals",
    }  # fmt: skip
    for file_format in ("", "csv", "xlsx"):
        with taken_back():
            answer = client.get(address, asked | ({"format": file_format} if file_format else {}))
            assert answer.status_code in {200, 400, 404}
            if answer.streaming:
                content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
            else:
                content = answer.content
            assert MARK.encode() not in content, file_format


EVIL = "'\"><img src=x onerror=alert(1)>"
SHORT = EVIL[:9]
"""As much of it as a short column holds."""


@pytest.mark.parametrize("name", SHOWN)
def test_no_text_from_a_file_a_person_or_xero_becomes_markup(world: SimpleNamespace, name: str) -> None:
    club = world.club
    Club.objects.update(name=EVIL)
    User.objects.update(name=EVIL)
    XeroApp.objects.update(name=EVIL)
    GLCode.objects.of(club).update(name=EVIL, code=SHORT, account_type="REVENUE", account_class="REVENUE")
    Import.objects.of(club).update(file_name=EVIL, source=EVIL, refusal=EVIL, rows_refused=1)
    SourceTransaction.objects.of(club).update(description=EVIL, source_id=EVIL, member=EVIL, source=EVIL)
    Journal.objects.of(club).update(xero_words=EVIL, xero_journal_id=EVIL, recorded_reason=EVIL)
    Journal.objects.of(club).filter(pk=world.sent.pk).update(number=SHORT)
    Sighting.objects.of(club).update(reference=EVIL, xero_journal_id=EVIL, found={"date": EVIL, "lines": []})
    ApiKey.objects.of(club).update(name=EVIL)
    JobCode.objects.of(club).create(club=club, code=EVIL, name=EVIL)
    for kind in ("charge", "account_type", "payment_method"):
        FinancialItem.objects.of(club).create(club=club, kind=kind, code=EVIL, name=EVIL)
    RefusedRow.objects.of(club).create(
        club=club, of_import=world.imported, line_number=1, source_id=EVIL, column=EVIL[:40], value=EVIL, reason=EVIL,
        fields={"source_id": EVIL},
    )  # fmt: skip
    Connection.objects.of(club).create(club=club, tenant_id="t", organisation_name=EVIL, app=world.app)
    AuthorisationRequest.objects.of(club).update(choices=[{"tenant_id": EVIL, "name": EVIL}])
    owner = world.people["owner"]
    audit.note(club=club, actor=owner, action=EVIL[:60], subject=EVIL, summary=EVIL, after={EVIL: EVIL})
    client = client_of(world, reader_of(name))
    address = address_of(world, name)
    for asked in ({}, {"q": EVIL, "show": EVIL, "from": EVIL, "sort": EVIL, "next": EVIL, "text": EVIL, "line": "all"}):
        answer = client.get(address, asked)
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            assert "<img src=x" not in answer.content.decode()
            assert "'\">" not in answer.content.decode()


@pytest.mark.parametrize("name", READ)
def test_a_link_changes_nothing(two: SimpleNamespace, name: str) -> None:
    client = client_of(two, reader_of(name))
    address = address_of(two, name)
    models = [model for model in apps.get_models() if model is not Session]

    def everything() -> dict[str, list[Any]]:
        return {model.__name__: list(model._base_manager.order_by("pk").values()) for model in models}

    before = everything()
    assert client.get(address).status_code != 500
    assert everything() == before
