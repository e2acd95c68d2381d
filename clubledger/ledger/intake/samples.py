"""Sample data for a new club to try: two weeks of made-up transactions that can never be sent, and taking them away.

They are known by the source system they come from, whose name no form lets anybody type. Why they can't reach a Xero
stands in docs/decisions/0011-sample-data.md.
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, QuerySet
from django.utils.translation import gettext

from clubledger.bookkeeping.phrases import counted
from clubledger.clubs import access, audit
from clubledger.clubs.models import Club, User
from clubledger.foundation import clock
from clubledger.ledger import sql
from clubledger.ledger.errors import SampleRefused
from clubledger.ledger.intake import undo
from clubledger.ledger.intake.imports import import_rows
from clubledger.ledger.journals.states import open_recorded
from clubledger.ledger.models import (
    FinancialItem,
    Import,
    ImportState,
    Journal,
    JournalState,
    JournalTotal,
    Posting,
    SourceLine,
    SourceTransaction,
)

SOURCE = "Clubledger: sample data"
DAYS = 14
NAMES = {
    "FULL7": "Full 7-day membership", "LOCKER": "Locker hire", "GREENF": "Green fee", "SURCH": "Card surcharge",
    "PRIZES": "Competition prizes", "POSCLR": "POS clearing", "SUBS": "Subscription", "HOUSE": "House account",
    "PRIZE": "Prize account", "CARD": "Online card", "EFTPOS": "EFTPOS",
}  # fmt: skip


def has_sample(*, club: Club) -> bool:
    """Whether sample data stands in the club's books. One look at its imports."""
    return bool(imports(club).exists())


def imports(club: Club) -> QuerySet[Import]:
    """Return the imports of sample data that stand."""
    rows: QuerySet[Import] = Import.objects.of(club).filter(
        source=SOURCE, state__in=[ImportState.RUNNING, ImportState.DONE, ImportState.FAILED]
    )
    return rows


def can_try(*, club: Club) -> bool:
    """Whether the club is new enough to try sample data: it has no transaction yet."""
    return not SourceTransaction.objects.of(club).exists()


def journals_holding(*, club: Club, journal_ids: Collection[int]) -> set[int]:
    """Return those of the journals that hold sample data. One cheap query where the club has none."""
    if not journal_ids or not has_sample(club=club):
        return set()
    rows = sql.rows_of(
        "SELECT DISTINCT p.journal_id FROM ledger_sourcetransaction t "  # noqa: S608 - our own names
        "JOIN ledger_posting p ON p.transaction_id = t.id "
        f"WHERE t.club_id = %s AND t.source = %s AND {sql.among('p.journal_id')}",
        [club.pk, SOURCE, sql.those(journal_ids)],
    )
    return {row[0] for row in rows}


def bring_sample(*, club: Club, actor: User) -> Import:
    """Bring in the sample data, dated in the two weeks before today. Returns the import.

    Raises NotAllowed, or SampleRefused if the club has any transaction.
    """
    access.require(club=club, actor=actor, permission=access.Permission.IMPORT)
    with transaction.atomic():
        access.lock_club(club)
        if not can_try(club=club):
            raise SampleRefused(gettext("The club has transactions already: sample data is for a new club."))
        today = clock.today_in(club.time_zone)
        made = import_rows(
            club=club,
            actor=actor,
            rows=list(sample_rows(today)),
            source=SOURCE,
            file_name="sample-data.csv",
            is_ours=True,
        )
        _name_items(club)
        audit.note(
            club=club,
            actor=actor,
            action="sample.brought",
            subject=f"import {made.pk}",
            summary=f"Brought in sample data: {counted(made.transactions_new, 'transaction', 'transactions')}.",
        )
    return made


def _name_items(club: Club) -> None:
    for item in FinancialItem.objects.of(club).filter(code__in=list(NAMES), name=""):
        item.name = NAMES[item.code]
        item.save(update_fields=["name"])


def sample_rows(today: date) -> Iterator[dict[str, str]]:
    """Return the rows: the same ones for the same day, with GST, a refused row, a reversal and an earlier document."""
    first_on = today - timedelta(days=DAYS)
    for number in range(DAYS):
        on = first_on + timedelta(days=number)
        yield from _day(on, number)
    last_on = today - timedelta(days=1)
    yield _row(last_on, "S-REV-1,reversal,,,,", reverses="S-LOCKER-3")
    yield _row(last_on, "S-BAD-1,invoice,SUBS,LOCKER,10.005,0.91", member="1042")


def _day(on: date, number: int) -> Iterator[dict[str, str]]:
    member = str(1040 + number)
    early = (on - timedelta(days=100)).isoformat() if number == 5 else ""
    yield _row(
        on, f"S-INV-{number},invoice,SUBS,FULL7,1100.00,100.00", member=member, document_date=early,
        description=NAMES["FULL7"],
    )  # fmt: skip
    yield _row(on, f"S-SURCH-{number},invoice,SUBS,SURCH,11.05,1.00", member=member)
    yield _row(on, f"S-PAY-{number},payment,SUBS,CARD,1111.05,", member=member, description=NAMES["CARD"])
    for visit in range(1 + number % 3):
        price, tax = ("38.50", "3.50") if visit else ("55.00", "5.00")
        yield _row(on, f"S-GREEN-{number}-{visit},invoice,HOUSE,GREENF,{price},{tax}", member=member)
        yield _row(on, f"S-TAP-{number}-{visit},payment,HOUSE,EFTPOS,{price},", member=member)
    yield _row(on, f"S-POS-{number},pos_sale,HOUSE,POSCLR,22.00,", member=member, description="Bar")
    if number % 4 == 3:
        yield _row(on, f"S-LOCKER-{number},invoice,SUBS,LOCKER,66.00,6.00", member=member)
        yield _row(on, f"S-PRIZE-{number},prize,PRIZE,PRIZES,50.00,", member=member)
        yield _row(on, f"S-TRF-{number},transfer,PRIZE,HOUSE,20.00,", member=member)


def _row(on: date, text: str, **more: str) -> dict[str, str]:
    columns = ("source_id", "kind", "account_type", "item", "amount", "tax_amount")
    return dict(zip(columns, text.split(","), strict=True)) | {"accounting_date": on.isoformat()} | more


@transaction.atomic
def remove_sample(*, club: Club, actor: User) -> int:
    """Take the sample data away wholly; returns how many transactions that were.

    Its import is undone; journals that held nothing else, and charges, account types and payment methods that came with
    it and are used by nothing else, are gone too. A sample journal that was recorded is opened first. Raises
    NotAllowed, SampleRefused if there is none, or CannotUndoImport if a recorded journal holds real transactions too.
    """
    access.require(club=club, actor=actor, permission=access.Permission.IMPORT)
    access.lock_club(club)
    brought = list(imports(club))
    if not brought:
        raise SampleRefused(gettext("There is no sample data here."))
    journal_ids = _journals_of(club)
    _open_recorded(club, journal_ids)
    began_at = min(one.created_at for one in brought)
    removed = sum(
        undo.undo_import(club=club, actor=actor, of_import=one, reason="Sample data is taken away.") for one in brought
    )
    _delete_items(club, began_at)
    audit.note(
        club=club,
        actor=actor,
        action="sample.removed",
        subject=counted(removed, "transaction", "transactions"),
        summary=f"Took the sample data away: {counted(removed, 'transaction', 'transactions')}.",
    )
    return removed


def _journals_of(club: Club) -> list[int]:
    rows = sql.rows_of(
        "SELECT DISTINCT p.journal_id FROM ledger_sourcetransaction t JOIN ledger_posting p ON p.transaction_id = t.id "
        "WHERE t.club_id = %s AND t.source = %s",
        [club.pk, SOURCE],
    )
    return [row[0] for row in rows]


def _open_recorded(club: Club, journal_ids: Collection[int]) -> None:
    """Open recorded journals that hold nothing but sample data: recording them said nothing true."""
    recorded = Journal.objects.of(club).filter(pk__in=journal_ids, state=JournalState.RECORDED)
    real = Posting.objects.filter(journal__in=recorded).exclude(transaction__source=SOURCE).values("journal")
    open_recorded(club=club, journal_ids=list(recorded.exclude(pk__in=real).values_list("pk", flat=True)))


def _delete_items(club: Club, began_at: datetime) -> None:
    for item in FinancialItem.objects.of(club).filter(code__in=list(NAMES), first_seen_at__gte=began_at):
        of_lines = SourceLine.objects.filter(transaction__club=club)
        is_used = (
            of_lines.filter(item=item).exists()
            or of_lines.filter(account_type=item).exists()
            or JournalTotal.objects.filter(item=item).exists()
        )
        if not is_used:
            item.delete()


def of_one_date(*, club: Club, journal_id: int) -> list[Journal]:
    """Return a journal and the others of its date by sequence, in one query, each with `has_sample`; empty for none.

    `has_sample` says that the club has sample data, which is never sent.
    """
    its_date = Journal.objects.of(club).filter(pk=journal_id).values("accounting_date")
    rows = Journal.objects.of(club).filter(accounting_date__in=its_date).select_related("sent_by", "recorded_by")
    return list(rows.annotate(has_sample=Exists(imports(club))).order_by("sequence"))
