"""What happened at the club and what we will say about it. Amounts are whole minor units (cents), debit positive."""

from django.db import models

from clubledger.bookkeeping.chart import unusable_because
from clubledger.bookkeeping.facts import ItemKind, item_title
from clubledger.clubs.models import Club, User
from clubledger.clubs.scoping import ClubScoped
from clubledger.foundation.phrase_field import PhraseField
from clubledger.foundation.plain_json import PlainJSONField


class GLCode(ClubScoped):
    """A ledger account of the club's chart, taken from Xero or entered by hand."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="gl_codes")
    code = models.CharField(max_length=10)
    name = models.CharField(max_length=150)
    account_id = models.CharField(max_length=36, blank=True, help_text="Xero's AccountID; blank if entered by hand.")
    account_type = models.CharField(max_length=20, blank=True)
    account_class = models.CharField(max_length=20, blank=True)
    system_account = models.CharField(max_length=40, blank=True)
    default_tax_type = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=12, default="ACTIVE", help_text="ACTIVE, ARCHIVED, or GONE from Xero.")
    retrieved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["club", "code"], name="one_gl_code_per_club")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def unusable_because(self) -> str:
        """Why a journal can't use it, in words to be told; empty if it can."""
        return unusable_because(account_type=self.account_type, system_account=self.system_account, status=self.status)


class JobCode(ClubScoped):
    """A job code: an option of a Xero tracking category. Unmapped until the option is known."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="job_codes")
    code = models.CharField(max_length=100)
    name = models.CharField(max_length=100, blank=True)
    category_id = models.CharField(max_length=36, blank=True)
    category_name = models.CharField(max_length=100, blank=True)
    option_id = models.CharField(max_length=36, blank=True)
    option_name = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=12, default="ACTIVE", help_text="ACTIVE, ARCHIVED, or GONE from Xero.")
    retrieved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["club", "code"], name="one_job_code_per_club")]

    def __str__(self) -> str:
        return self.code


class TaxCode(ClubScoped):
    """A tax rate of the club's organisation as last retrieved, so that pages can offer it without asking Xero."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="tax_codes")
    tax_type = models.CharField(max_length=40)
    name = models.CharField(max_length=100)
    rate = models.DecimalField(max_digits=9, decimal_places=4, help_text="Per cent.")
    status = models.CharField(max_length=12)
    applies_to = models.JSONField(
        default=list, help_text="Account classes: ASSET, EQUITY, EXPENSE, LIABILITY, REVENUE."
    )
    retrieved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["club", "tax_type"], name="one_tax_code_per_club")]

    def __str__(self) -> str:
        return f"{self.name} ({self.tax_type})"


class FinancialItem(ClubScoped):
    """A charge, an account type or a payment method, and where it goes in the general ledger."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="financial_items")
    kind = models.CharField(max_length=16, choices=[(k.value, k.capitalize().replace("_", " ")) for k in ItemKind])
    code = models.CharField(max_length=100)
    name = models.CharField(max_length=150, blank=True)
    gl_code = models.ForeignKey(GLCode, null=True, blank=True, on_delete=models.PROTECT, related_name="items")
    tax_type = models.CharField(
        max_length=40, blank=True, help_text="Charges only: for rows whose tax is stated or not stated."
    )
    untaxed_tax_type = models.CharField(
        max_length=40, blank=True, help_text="Charges only: for rows stated to carry no tax."
    )
    default_job = models.ForeignKey(JobCode, null=True, blank=True, on_delete=models.PROTECT, related_name="items")
    first_seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["club", "kind", "code"], name="one_financial_item_per_code")]

    def __str__(self) -> str:
        return str(item_title(self.kind, self.code))


class ImportState(models.TextChoices):
    """The states of an import."""

    WAITING = "waiting", "waiting"
    RUNNING = "running", "running"
    DONE = "done", "done"
    REFUSED = "refused", "refused"
    FAILED = "failed", "failed"
    UNDOING = "undoing", "undoing"
    UNDONE = "undone", "undone"


class Import(ClubScoped):
    """One file (or API batch) brought in: its progress and what came of it."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="imports")
    source = models.CharField(max_length=60, default="file")
    format = models.CharField(max_length=60, default="transactions_v1")
    file_name = models.CharField(max_length=255, blank=True)
    stored_file = models.CharField(
        max_length=255, blank=True, help_text="Path under the media folder until it is read."
    )
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=ImportState.choices, default=ImportState.WAITING)
    refusal = PhraseField(blank=True, help_text="Why the file as a whole was refused, or what broke.")
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    transactions_new = models.PositiveIntegerField(default=0)
    transactions_already_there = models.PositiveIntegerField(default=0)
    transactions_amended = models.PositiveIntegerField(default=0)
    transactions_corrected = models.PositiveIntegerField(default=0)
    transactions_refused = models.PositiveIntegerField(default=0)
    rows_refused = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True, help_text="Last sign of life of whoever reads the file.")
    checkpoint = models.JSONField(default=dict, help_text="How far it is read, kept with each batch: where to go on.")

    def __str__(self) -> str:
        return f"import {self.pk} of {self.file_name or self.source}"


class RefusedRow(ClubScoped):
    """A row of a refused transaction, exactly as it stood in the file, and why the transaction was refused."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="+")
    of_import = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="refused_rows", db_index=False)
    line_number = models.PositiveIntegerField()
    source_id = models.CharField(max_length=200, blank=True)
    column = models.CharField(max_length=40, blank=True)
    value = models.TextField(blank=True)
    reason = PhraseField()
    fields = models.JSONField(help_text="The row's fields by column name.")

    class Meta:
        indexes = [models.Index(fields=["of_import", "line_number"], name="refused_rows_by_line")]

    def __str__(self) -> str:
        return f"line {self.line_number}: {self.reason}"


class SourceTransaction(ClubScoped):
    """One version of one transaction of a source system. Rows are never overwritten; a correction adds a version."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="source_transactions", db_index=False)
    source = models.CharField(max_length=60)
    source_id = models.CharField(max_length=100)
    version = models.PositiveIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    kind = models.CharField(max_length=12)
    legs_kind = models.CharField(
        max_length=12, help_text="The kind its rows are read by: its own, or for a reversal that of what it reverses."
    )
    accounting_date = models.DateField()
    content_hash = models.CharField(max_length=32, help_text="Of the accounting fields in canonical form.")
    reverses = models.CharField(max_length=100, blank=True)
    member = models.CharField(max_length=100, blank=True)
    description = models.CharField(max_length=200, blank=True)
    document_date = models.DateField(null=True, blank=True)
    gross_minor = models.BigIntegerField(help_text="Sum of the rows' amounts.")
    of_import = models.ForeignKey(Import, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["club", "source", "source_id", "version"], name="one_row_per_transaction_version"
            )
        ]
        indexes = [
            models.Index(fields=["club", "accounting_date"], name="transactions_by_date"),
            models.Index(
                fields=["club", "source", "reverses"], condition=~models.Q(reverses=""), name="transactions_by_reverses"
            ),
            models.Index(
                fields=["club", "accounting_date"],
                condition=models.Q(document_date__lt=models.F("accounting_date")),
                name="transactions_dated_earlier",
            ),
            # Imports write at its end, so that it costs them next to nothing; taking one back reads it.
            models.Index(fields=["of_import"], name="transactions_by_import"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} v{self.version}"


class SourceLine(models.Model):
    """One row of a transaction: one pair of debit and credit. Reached through its transaction.

    The rows of a reversal are those of what it reverses with amount and tax negated, read by the transaction's
    `legs_kind`; so a row's legs are the same function of kind and amount everywhere.
    """

    transaction = models.ForeignKey(SourceTransaction, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    account_type = models.ForeignKey(FinancialItem, on_delete=models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(FinancialItem, on_delete=models.PROTECT, related_name="+", db_index=False)
    job = models.CharField(max_length=100, blank=True)
    amount_minor = models.BigIntegerField(help_text="Gross, as in the file; negated in a reversal.")
    tax_minor = models.BigIntegerField(
        null=True, help_text="Null where the source did not state it; 0 where it stated none."
    )
    member = models.CharField(max_length=100, blank=True)
    description = models.CharField(max_length=200, blank=True)
    document_date = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["transaction", "position"]

    def __str__(self) -> str:
        return f"row {self.position} of transaction {self.transaction_id}"


class Amendment(ClubScoped):
    """A change of description, member or document date: kept beside what was before, posting nothing."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="+")
    transaction = models.ForeignKey(SourceTransaction, on_delete=models.CASCADE, related_name="amendments")
    of_import = models.ForeignKey(Import, null=True, on_delete=models.PROTECT, related_name="+")
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    before = models.JSONField()
    after = models.JSONField()

    def __str__(self) -> str:
        return f"amendment of transaction {self.transaction_id}"


class JournalState(models.TextChoices):
    """The states of a journal; `Journal.state` is the truth."""

    OPEN = "open", "Not sent"
    VALID = "valid", "Valid"
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    REJECTED = "rejected", "Rejected by Xero"
    UNCERTAIN = "uncertain", "Checking in Xero"
    DIFFERS = "differs", "Differs in Xero"
    RECORDED = "recorded", "Recorded as manually added"
    VOIDED = "voided", "Voided"


TAKES_IN = (JournalState.OPEN, JournalState.VALID, JournalState.REJECTED)
"""The states in which a journal takes in transactions."""


class Journal(ClubScoped):
    """What is said to the general ledger about one accounting date; later entries make a further one (sequence 2 …)."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="journals")
    accounting_date = models.DateField()
    sequence = models.PositiveIntegerField(default=1)
    number = models.CharField(max_length=12, blank=True, help_text="Blank (TBA) until it is sent, then J-000123.")
    state = models.CharField(max_length=12, choices=JournalState.choices, default=JournalState.OPEN)
    revision = models.PositiveIntegerField(default=0, help_text="Counts every change of what it holds.")
    transaction_count = models.IntegerField(default=0)
    line_count = models.IntegerField(default=0)
    debit_minor = models.BigIntegerField(default=0, help_text="Total debits; total credits are the same.")
    findings = PlainJSONField(default=list, help_text="Of the last validation.")
    validated_revision = models.PositiveIntegerField(null=True, blank=True)
    validated_at = models.DateTimeField(null=True, blank=True)
    wait_reason = models.CharField(
        max_length=20, blank=True, help_text="Why it stays queued: turn, limit, authorisation …"
    )
    wait_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sent_on = models.DateField(
        null=True, blank=True, help_text="Its date in Xero, where that is not the accounting date."
    )
    xero_journal_id = models.CharField(max_length=36, blank=True, help_text="Xero's ManualJournalID.")
    xero_words = PhraseField(blank=True, help_text="What Xero said when it refused or warned, word for word.")
    recorded_at = models.DateTimeField(null=True, blank=True)
    recorded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    recorded_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["club", "accounting_date", "sequence"], name="one_journal_per_sequence"),
            models.UniqueConstraint(
                fields=["club", "number"], condition=~models.Q(number=""), name="one_journal_per_number"
            ),
        ]
        indexes = [
            models.Index(
                fields=["club", "accounting_date"],
                condition=models.Q(
                    state__in=["open", "valid", "queued", "sending", "rejected", "uncertain", "differs"]
                ),
                name="journals_not_done_by_date",
            ),
        ]

    def __str__(self) -> str:
        return f"journal of {self.accounting_date} ({self.sequence})"

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing: no line, or every line nil."""
        return self.debit_minor == 0


class Posting(models.Model):
    """A transaction's legs stand in a journal: once as they are (sign 1), or mirrored by a correction (sign -1)."""

    transaction = models.ForeignKey(SourceTransaction, on_delete=models.PROTECT, related_name="postings")
    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="postings")
    sign = models.SmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(sign__in=[1, -1]), name="posting_sign_is_1_or_minus_1")
        ]

    def __str__(self) -> str:
        return f"transaction {self.transaction_id} in journal {self.journal_id}"


class JournalLine(models.Model):
    """A line frozen when its journal was queued: account, job, tax type and side resolved once and for all."""

    journal = models.ForeignKey(Journal, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    gl_code = models.ForeignKey(GLCode, on_delete=models.PROTECT, related_name="+")
    account_id = models.CharField(max_length=36)
    account_code = models.CharField(max_length=10)
    account_name = models.CharField(max_length=150)
    job_code = models.ForeignKey(JobCode, null=True, on_delete=models.PROTECT, related_name="+")
    category_id = models.CharField(max_length=36, blank=True)
    option_id = models.CharField(max_length=36, blank=True)
    tax_type = models.CharField(max_length=40)
    description = models.CharField(max_length=400, blank=True)
    amount_minor = models.BigIntegerField(help_text="Gross, debit positive.")
    source_tax_minor = models.BigIntegerField(
        null=True, help_text="Tax the source stated, same sign; null if none did."
    )
    xero_tax_minor = models.BigIntegerField(null=True, help_text="Tax Xero worked out, once read back.")
    row_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journal", "position"], name="one_line_per_position")]

    def __str__(self) -> str:
        return f"line {self.position} of journal {self.journal_id}"


class JournalTotal(models.Model):
    """What rows of a journal add up to, kept as they come in, so that showing a journal never re-reads history."""

    journal = models.ForeignKey(Journal, on_delete=models.CASCADE, related_name="totals")
    item = models.ForeignKey(FinancialItem, on_delete=models.PROTECT, related_name="+")
    job = models.CharField(max_length=100, blank=True)
    is_debit = models.BooleanField()
    tax_kind = models.CharField(
        max_length=8, help_text="`stated`, `unstated` or `nil` for items; always `unstated` on the control side."
    )
    amount_minor = models.BigIntegerField(help_text="Gross, never negative; the side says which.")
    tax_minor = models.BigIntegerField(default=0)
    row_count = models.IntegerField(default=0)
    line = models.ForeignKey(JournalLine, null=True, on_delete=models.SET_NULL, related_name="totals")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["journal", "item", "job", "is_debit", "tax_kind"], name="one_total_per_item_job_side_and_tax"
            )
        ]

    def __str__(self) -> str:
        return f"total of item {self.item_id} in journal {self.journal_id}"
