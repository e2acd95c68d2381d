"""A club in every state that a page can show, written straight into a database of its own, for pictures alone."""

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from clubledger.bookkeeping.phrases import phrase, plain_of
from clubledger.clubs import audit
from clubledger.clubs.models import Club, Membership, User
from clubledger.foundation import clock
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.mapping.items import Wanted, map_items
from clubledger.ledger.models import (
    FinancialItem,
    GLCode,
    Import,
    JobCode,
    Journal,
    JournalLine,
    JournalTotal,
    Posting,
    RefusedRow,
    SourceLine,
    SourceTransaction,
    TaxCode,
)  # fmt: skip
from clubledger.xero.models import Authorisation, Connection, TokenSet, XeroApp
from tools.pictures.xero import ACCOUNTS, TAXES

ITEMS = (
    ("charge", "FULL7", "Full 7-day membership", "210"), ("charge", "LOCKER", "Locker hire", ""),
    ("charge", "GREENF", "Green fee", "230"), ("charge", "SURCH", "Card surcharge", "265"),
    ("charge", "PRIZES", "Competition prizes", "450"), ("account_type", "SUBS", "Subscription", "611"),
    ("account_type", "PRIZE", "Prize", "812"), ("payment_method", "CARD", "Online card", "615"),
)  # fmt: skip


REMEDIES = {
    "charge": phrase("Choose its GL code."),
    "job": phrase("Restore it in Xero, or choose another option for this job code."),
}

NO_GL_CODE = phrase("Charge %(code)s has no GL code.", code="LOCKER")
JOB_ARCHIVED = phrase("Job code %(name)s is archived in Xero.", name="Halfway house")


def furnish(*, email: str, password: str) -> User:
    """Write a full club and an empty one, with the same treasurer who owns both, and return the treasurer."""
    tess: User = User.objects.create_user(email, password, name="Tess Okafor")
    club = Club.objects.create(slug="banksia-park", name="Banksia Park Golf Club")
    empty = Club.objects.create(slug="wattle-creek", name="Wattle Creek Bowling Club")
    for one in (club, empty):
        Membership.objects.create(club=one, user=tess, role="owner")
    for role, name in (("administrator", "Nora Adams"), ("accounts", "Aaron Blake"), ("viewer", "Rita Singh")):
        user: User = User.objects.create_user(f"{role}@banksiapark.example", None, name=name)
        Membership.objects.create(club=club, user=user, role=role)
    _connect(club, tess)
    items = chart(club, tess)
    today = clock.today_in(club.time_zone)
    _journals(club, tess, today, items)
    _imports(club, tess, today, items)
    return tess


def _connect(club: Club, tess: User) -> None:
    now = clock.now()
    app = XeroApp.objects.create(
        name="Clubledger", version="V2", client_id="picture", redirect_uri="http://localhost/xero/callback", scopes="-"
    )
    Connection.objects.of(club).create(
        club=club, app=app, tenant_id="picture", organisation_name="Banksia Park Golf Club Inc", base_currency="AUD",
        sales_tax_basis="ACCRUALS", pays_tax=True, confirmed_at=now, organisation_read_at=now, short_code="!bpgc",
    )  # fmt: skip
    tokens = TokenSet.objects.create(
        app=app, xero_user_id="picture", access_token="-", access_expires_at=now + timedelta(days=1),  # noqa: S106 - good for no Xero
        refreshed_at=now,
    )  # fmt: skip
    Authorisation.objects.of(club).create(
        user=tess, club=club, app=app, token_set=tokens, tenant_id="picture", authorised_at=now, last_sent_at=now,
        organisation_name="Banksia Park Golf Club Inc",
    )  # fmt: skip


def chart(club: Club, tess: User) -> dict[str, FinancialItem]:
    """Write codes, job codes and items of a club of which one is mapped to nothing."""
    now = clock.now()
    codes = {
        code: GLCode.objects.of(club).create(
            club=club, code=code, name=name, account_id=f"id-{code}", account_type=kind, account_class=of_class,
            default_tax_type=tax, retrieved_at=now,
        )
        for code, name, kind, of_class, tax in ACCOUNTS
    }  # fmt: skip
    for tax_type, name, rate in TAXES:
        TaxCode.objects.of(club).create(club=club, tax_type=tax_type, name=name, rate=rate, status="ACTIVE")
    for code, status in (("Golf", "ACTIVE"), ("Bar", "ACTIVE"), ("Halfway house", "ARCHIVED")):
        JobCode.objects.of(club).create(
            club=club, code=code, name=code, category_id="department", category_name="Department",
            option_id=code.lower(), option_name=code, status=status,
        )  # fmt: skip
    items = {
        code: FinancialItem.objects.of(club).create(club=club, kind=kind, code=code, name=name)
        for kind, code, name, _gl in ITEMS
    }
    wanted = [
        Wanted(items[code].pk, codes[gl].pk, codes[gl].default_tax_type if kind == "charge" else "")
        for kind, code, _name, gl in ITEMS
        if gl
    ]
    map_items(club=club, actor=tess, wanted=wanted)
    return {item.code: item for item in FinancialItem.objects.of(club).select_related("gl_code")}


def _fault(mends: str, message: str, amount: str, count: int) -> dict[str, Any]:
    return {
        "code": "item_unmapped" if mends.startswith("charge") else "job_unusable",
        "message": plain_of(message), "mends": mends, "amount": amount, "count": count,
        "severity": "fault", "remedy": plain_of(REMEDIES[mends.partition(":")[0]]),
    }  # fmt: skip


def _journals(club: Club, tess: User, today: date, items: dict[str, FinancialItem]) -> None:
    chance = random.Random(4)  # noqa: S311 - made-up figures
    at = datetime.combine(today, time(0, 2), UTC)
    special: dict[int, dict[str, Any]] = {
        2: {"findings": [_fault("charge:LOCKER", NO_GL_CODE, "924.00", 14)]},
        3: {"state": "rejected", "xero_words": "Account code '230' has been archived, or deleted."},
        4: {"state": "valid", "validated_revision": 1},
        5: {"findings": [_fault("job:Halfway house", JOB_ARCHIVED, "1318.40", 22)]},
        6: {"state": "queued", "wait_reason": WaitReason.LIMIT, "wait_until": at + timedelta(minutes=3)},
        9: {"debit_minor": 0, "transaction_count": 0, "line_count": 0},
        20: {"state": "recorded", "recorded_at": at, "recorded_by": tess, "recorded_reason": "Entered before the move"},
    }  # fmt: skip
    for ago in range(1, 200):
        count = chance.randrange(90, 390)
        fields: dict[str, Any] = {
            "transaction_count": count, "line_count": 6, "revision": 1,
            "debit_minor": count * chance.randrange(3000, 9000), "state": "open",
        }  # fmt: skip
        if ago > 8:
            fields |= {"state": "sent", "sent_by": tess, "sent_at": at - timedelta(days=ago - 1),
                       "number": f"J-{400 - ago:06d}", "xero_journal_id": f"{ago:036d}"}  # fmt: skip
        if ago in special:
            fields |= {"state": "open", "number": "", "xero_journal_id": "", "sent_by": None} | special[ago]
        made = Journal.objects.of(club).create(club=club, accounting_date=today - timedelta(days=ago), **fields)
        if ago <= 8 or made.state == "recorded":
            totals(made, items, has_unmapped=ago <= 2)
        elif made.state == "sent":
            lines(made, items, off=chance.choice((0, 0, 0, 1, -1, 2)) + 40 * (ago == 77))
    Journal.objects.of(club).create(
        club=club, accounting_date=today - timedelta(days=13), sequence=2, state="open", transaction_count=2,
        line_count=3, debit_minor=64_000, revision=1,
    )  # fmt: skip


def lines(journal: Journal, items: dict[str, FinancialItem], off: int) -> None:
    """Write the frozen lines of a sent journal, one of them with a tax that Xero sees otherwise by `off` cents."""
    net, golf = journal.debit_minor // 11, JobCode.objects.of(journal.club).get(code="Golf")
    Journal.objects.of(journal.club).filter(pk=journal.pk).update(debit_minor=11 * net + 6_000, line_count=4)
    for position, (code, tax_type, amount, tax, there) in enumerate(
        (
            ("FULL7", "OUTPUT", -11 * net, -net, -net - off), ("PRIZES", "INPUT", 5_500, 500, 500),
            ("GREENF", "EXEMPTOUTPUT", -6_000, 0, 0), ("SUBS", "BASEXCLUDED", 11 * net + 500, None, 0),
        ),
        start=1,
    ):  # fmt: skip
        account = items[code].gl_code
        assert account is not None
        JournalLine.objects.create(
            journal=journal, position=position, gl_code=account, account_id=account.account_id, amount_minor=amount,
            account_code=account.code, account_name=account.name, tax_type=tax_type, source_tax_minor=tax,
            xero_tax_minor=there, row_count=6, job_code=None if tax_type == "BASEXCLUDED" else golf,
        )  # fmt: skip


def totals(journal: Journal, items: dict[str, FinancialItem], *, has_unmapped: bool) -> None:
    """Write for an open journal what adds up to its debits."""
    paid = journal.debit_minor * 2 // 5
    charged = journal.debit_minor - paid
    lockers = 92_400 if has_unmapped else 0
    fees = charged - lockers - 4_500
    for code, is_debit, amount, tax in (
        ("SUBS", True, charged, 0), ("FULL7", False, fees, fees // 11), ("SURCH", False, 4_500, 409),
        ("LOCKER", False, lockers, lockers // 11), ("CARD", True, paid, 0), ("SUBS", False, paid, 0),
    ):  # fmt: skip
        if not amount:
            continue
        JournalTotal.objects.create(
            journal=journal, item=items[code], is_debit=is_debit, amount_minor=amount, tax_minor=tax, row_count=14,
            tax_kind="stated" if tax else "unstated",
        )  # fmt: skip


def _imports(club: Club, tess: User, today: date, items: dict[str, FinancialItem]) -> None:
    now = clock.now()
    done = Import.objects.of(club).create(
        club=club, actor=tess, file_name="november.csv", state="done", rows_total=3700, rows_done=3700,
        transactions_new=3675, transactions_already_there=12, transactions_corrected=3, transactions_refused=2,
        rows_refused=2, started_at=now, finished_at=now,
    )  # fmt: skip
    Import.objects.of(club).create(
        club=club, actor=tess, file_name="october.csv", state="running", rows_total=250_000, rows_done=90_123,
        started_at=now, seen_at=now,
    )  # fmt: skip
    Import.objects.of(club).create(
        club=club, actor=tess, file_name="report.xlsx", state="refused", finished_at=now,
        refusal="The file is not UTF-8 text: it looks like a spreadsheet. Save it as CSV (UTF-8).",
    )  # fmt: skip
    for line in (1400, 1401):
        RefusedRow.objects.of(club).create(
            club=club, of_import=done, line_number=line, source_id=f"INV-{line}", column="amount", value="1,000.00",
            reason="“1,000.00” is not an amount: no thousands separators.", fields={},
        )  # fmt: skip
    journal = Journal.objects.of(club).get(accounting_date=today - timedelta(days=1))
    for number in range(130):
        kind, item, words = (
            ("invoice", "FULL7", "Full 7-day membership 2026/27"), ("payment", "CARD", "Online card payment"),
            ("invoice", "LOCKER", "Locker 14, twelve months"),
        )[number % 3]  # fmt: skip
        made = SourceTransaction.objects.of(club).create(
            club=club, source="file", source_id=f"{kind[:3].upper()}-{7781 + number}", kind=kind, legs_kind=kind,
            accounting_date=journal.accounting_date, content_hash="-", member=str(1042 + number % 17),
            document_date=journal.accounting_date - timedelta(days=120) if number % 40 == 0 else None,
            description=words, gross_minor=6_600 + number * 110, of_import=done,
        )  # fmt: skip
        SourceLine.objects.create(
            transaction=made, position=1, account_type=items["SUBS"], item=items[item], amount_minor=made.gross_minor,
            tax_minor=600 if kind == "invoice" else None,
        )  # fmt: skip
        Posting.objects.create(transaction=made, journal=journal)
    audit.note(
        club=club, actor=tess, action="import.finished", subject=f"import {done.pk}",
        summary="november.csv brought 3,675 new transactions; 2 were refused.",
    )  # fmt: skip
