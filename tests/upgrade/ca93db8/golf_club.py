"""Banksia Park: journals in every state, with every kind of finding, and whatever else a club has."""

import json
from dataclasses import asdict
from datetime import date, time
from smtplib import SMTPRecipientsRefused
from unittest.mock import patch

from work import FILES, GRETA, LONG, OLIVE, PASSWORD, STAN, Work, command


def golf_club(xero) -> None:  # type: ignore[no-untyped-def]
    work = Work(xero, "banksia-park", "Banksia Park Golf Club Inc")
    work.command("import", FILES / "november.csv")
    _bad_file(work)
    work.connect()
    _map_badly(work)
    work.command("validate", "--unsent", fails=True)
    work.send(2)
    work.command("record", str(work.journal(5).pk), "--reason", "Typed into Xero on Monday")
    _voided(work)
    _differing(work)
    work.send(10, fault="late-after-drop", **LONG)
    work.command("import", FILES / "november_again.csv")
    _end_on_the_way(work)
    _sighted(work)
    _more_rows(work)
    work.command("validate", "--unsent", fails=True)
    work.send(20)
    _rejected(work)
    work.send(11, fault="429-day")


def _bad_file(work: Work) -> None:
    from tests.ledger.test_bad_rows import BAD_ROWS, HEADER, padded

    rows = [row for row, *_rest in BAD_ROWS.values() if "\n" not in row]
    lines = [
        HEADER,
        *(padded(row.replace("I-1,", f"X-{at},").replace("P-1,", f"X-{at},")) for at, row in enumerate(rows)),
    ]
    (FILES / "bad.csv").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    work.command("import", FILES / "bad.csv", fails=True)
    (FILES / "no_table.csv").write_text("not,a,file\nof,our,kind\n", encoding="utf-8")
    work.command("import", FILES / "no_table.csv", fails=True)


def _map_badly(work: Work) -> None:
    """What pages would refuse today may have been mapped before Xero changed: rows are written as they came to be."""
    from clubledger.ledger import mapping
    from clubledger.ledger.models import FinancialItem, GLCode

    mapping.add_gl_code(club=work.club, actor=work.olive, code="999", name="By hand")
    mapping.add_job_code(club=work.club, actor=work.olive, code="Croquet", name="Croquet lawn")
    codes = {code.code: code for code in GLCode.objects.of(work.club)}
    bank = next(code for code in codes.values() if code.account_type == "BANK")
    for code, gl_code, tax_type in (
        ("GHOST", codes["999"], "OUTPUT"), ("BANK", bank, "BASEXCLUDED"), ("ODDTAX", codes["260"], "NOSUCHTAX"),
        ("PURCHASE", codes["260"], "INPUT"),
    ):  # fmt: skip
        FinancialItem.objects.of(work.club).filter(code=code).update(gl_code=gl_code, tax_type=tax_type)
    FinancialItem.objects.of(work.club).filter(code="GHOST").update(untaxed_tax_type="EXEMPTOUTPUT")


def _rejected(work: Work) -> None:
    work.queue(4)
    address = f"organisations/{work.xero.tenant_id(work.organisation)}/accounts/240"
    work.xero.kit("POST", address, {"status": "ARCHIVED"})
    work.serve()
    assert work.journal(4).state == "rejected", work.journal(4).state
    work.xero.kit("POST", address, {"status": "ACTIVE"})


def _voided(work: Work) -> None:
    from clubledger.delivery import settling

    work.send(6)
    settling.void_and_reopen(club=work.club, actor=work.olive, journal_id=work.journal(6).pk, reason="Wrong member.")


def _differing(work: Work) -> None:
    """One that differs, and one of which a further journal carried the difference."""
    from clubledger.delivery import difference
    from tests.delivery.hostile import doubled, dying_at, edit_in_xero

    for day in (9, 17):
        work.queue(day)
        with dying_at("delivery.after_record"):
            work.serve()
        there = work.ready().in_xero()[-1]
        edit_in_xero(work.ready(), there.journal_id, Narration=there.narration, JournalLines=doubled(there))
        for _minute in range(6):
            work.xero.later(seconds=60)
            work.serve()
        assert work.journal(day).state == "differs", work.journal(day).state
    difference.adopt_with_difference_journal(
        club=work.club, actor=work.olive, journal_id=work.journal(17).pk, reason="The books are closed on it."
    )
    work.serve()


def _end_on_the_way(work: Work) -> None:
    """A worker that dies leaves a journal and its call as they were."""
    from tests.delivery.hostile import dying_at

    work.queue(16)
    with dying_at("delivery.after_claim"):
        work.serve()
    assert work.journal(16).state == "sending"
    from clubledger.delivery.models import Turn

    Turn.objects.of(work.club).update(holder="", held_until=None)


def _sighted(work: Work) -> None:
    """Somebody copied a journal with our reference in Xero; of two such, one was put to rest by a person's word."""
    from clubledger.delivery import reconcile, sightings
    from clubledger.delivery.models import Delivery, Sighting
    from clubledger.xero import tokens
    from tests.delivery.hostile import make_in_xero

    copied = json.loads(bytes(Delivery.objects.of(work.club).filter(xero_journal_id__gt="").first().payload))
    for day in (19, 20):
        narration = f"By hand, ref {work.club.mark}-202611{day}-9"
        make_in_xero(work.ready(), copied | {"Narration": narration, "Date": f"2026-11-{day}"})
    reconcile.read_changes(work.club, tokens.access_for_reading(club=work.club))
    first = Sighting.objects.of(work.club).filter(kind="unknown").first()
    sightings.settle(club=work.club, actor=work.olive, sighting_id=first.pk, reason="It is the auditor's own.")


def _more_rows(work: Work) -> None:
    """What is not of the main job: nights, letters, proofs, keys, invitations, support, second steps, sign-ins."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP
    from clubledger.delivery.nights import Left, Night
    from django.core import mail
    from django.test import Client

    from clubledger.clubs import invitations, keys, support
    from clubledger.clubs.models import User
    from clubledger.delivery import letters, nightly, proving

    nightly.switch_on(club=work.club, actor=work.tess, at=time(2, 0))
    night = Night("2026-11-21", sent=1, left=(
        Left("Charge LOCKER has no GL code.", "Choose its GL code.", 2, "2026-11-03", "2026-11-13"),
        Left(letters.refused_words("Account code '240' is archived."), "", 1, "2026-11-04", "2026-11-04"),
    ))  # fmt: skip
    from clubledger.delivery.models import NightlySending

    NightlySending.objects.of(work.club).update(last_result=asdict(night))
    refusal = SMTPRecipientsRefused({"somebody": (451, b"not now")})
    with patch.object(mail.EmailMessage, "send", side_effect=refusal):
        letters.tell_of_night(work.club, work.tess, night)
    proof = proving.ask(club=work.club, actor=work.tess, at=date(2026, 11, 20))
    proving.run(proof_id=proof.pk)
    _key, secret = keys.create(club=work.club, actor=work.olive, name="Point of sale", may_import=True)
    rows = [{"source_id": "K-1", "kind": "payment", "accounting_date": "2026-11-20", "account_type": "SUBS",
             "item": "CARD", "amount": "12.50"}]  # fmt: skip
    answer = Client(headers={"authorization": f"Bearer {secret}"}).post(
        "/api/v1/transactions", {"source": "till", "rows": rows}, content_type="application/json"
    )
    print("api:", answer.status_code, answer.content[:200])
    keys.revoke(club=work.club, actor=work.olive, key_id=keys.create(
        club=work.club, actor=work.olive, name="Old till", may_import=False)[0].pk)  # fmt: skip
    for email, role in (("nora@elsewhere.example", "viewer"), ("rita@elsewhere.example", "accounts")):
        made = invitations.invite(club=work.club, actor=work.olive, email=email, role=role)
    invitations.withdraw(club=work.club, actor=work.olive, invitation_id=made.pk)
    support.grant(club=work.club, actor=work.olive, hours=48, reason="Look at the journal of 9 November.")
    greta = User.objects.get(email=GRETA)
    TOTP.activate(greta, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(greta)
    for password in ("wrong", PASSWORD):
        Client().post("/sign-in/", {"login": OLIVE, "password": password})
    work.command("balances", actor=OLIVE)
    work.command("post-from", "2026-11-01", "--reason", "October was posted by the old system.", actor=OLIVE)
    command("switch-person", GRETA, "off", "--as", STAN)
