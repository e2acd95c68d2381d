"""The duty to send one journal, and each request made to Xero for it. Evidence: `Journal.state` is the truth."""

from django.db import models

from clubledger.clubs.models import Club, User
from clubledger.clubs.scoping import ClubScoped
from clubledger.foundation.phrase_field import PhraseField
from clubledger.foundation.plain_json import PlainJSONField
from clubledger.ledger.models import Journal
from clubledger.xero.models import XeroApp


class SendRun(ClubScoped):
    """One press of Send to GL (or one scheduled night): what its progress bar shows."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="send_runs")
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    night_on = models.DateField(null=True, blank=True, help_text="The scheduled night, by its local date.")

    def __str__(self) -> str:
        return f"send run {self.pk}"


class Delivery(ClubScoped):
    """The duty to bring one frozen journal into Xero once. At most one live delivery a journal and a reference."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="deliveries")
    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="deliveries")
    run = models.ForeignKey(SendRun, null=True, on_delete=models.PROTECT, related_name="deliveries")
    sender = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=40)
    generation = models.PositiveIntegerField(default=1, help_text="A new one has a new idempotency key.")
    narration = models.CharField(max_length=450)
    dated_on = models.DateField(help_text="The date in the payload.")
    payload = models.BinaryField(help_text="The exact JSON of the journal, as it stands in the request.")
    payload_hash = models.CharField(max_length=64)
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="Not to be claimed before.")
    claimed_by = models.CharField(max_length=64, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    first_sent_at = models.DateTimeField(
        null=True, blank=True, help_text="When a request that carried it was first begun."
    )
    last_sent_at = models.DateTimeField(
        null=True, blank=True, help_text="When a request that carried it was last begun."
    )
    attempts = models.PositiveIntegerField(default=0)
    goes_alone = models.BooleanField(default=False, help_text="After a batch failed as a whole, to find the culprit.")
    uncertain_until = models.DateTimeField(
        null=True, blank=True, help_text="After it, what Xero does not show it will never have."
    )
    xero_journal_id = models.CharField(max_length=36, blank=True)
    found_in_xero = models.JSONField(null=True, help_text="What was read back where it differs from the payload.")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_because = models.CharField(max_length=20, blank=True, help_text="sent, rejected, withdrawn, voided.")
    difference_of = models.ForeignKey(
        Journal,
        null=True,
        on_delete=models.PROTECT,
        related_name="difference_deliveries",
        help_text="The journal whose difference from Xero's this one carries.",
    )
    difference = models.JSONField(
        null=True, help_text="For each line, what we have and what Xero has; amounts as text."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["journal"], condition=models.Q(closed_at=None), name="one_live_delivery_per_journal"
            ),
            models.UniqueConstraint(
                fields=["reference"], condition=models.Q(closed_at=None), name="one_live_delivery_per_reference"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(closed_at=None), name="live_deliveries_by_due"),
            models.Index(fields=["club", "reference"], name="deliveries_by_reference"),
        ]

    def __str__(self) -> str:
        return f"delivery of {self.reference}"


class CallOutcome(models.TextChoices):
    """What is known of a request."""

    PENDING = "pending", "no answer yet"
    ACCEPTED = "accepted", "accepted"
    REJECTED = "rejected", "rejected"
    UNKNOWN = "unknown", "unknown"
    NOT_SENT = "not_sent", "certainly not executed"


class Call(ClubScoped):
    """One HTTP request that may change something in Xero: written before any network, completed after it."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="xero_calls")
    app = models.ForeignKey(XeroApp, on_delete=models.PROTECT, related_name="+")
    tenant_id = models.CharField(max_length=36)
    sender = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, default="create", choices=[("create", "create"), ("void", "void")])
    idempotency_key = models.CharField(max_length=128)
    body = models.BinaryField(help_text="The exact bytes, compressed with zlib.")
    body_hash = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    deadline_at = models.DateTimeField(help_text="Nothing is written to the network after it.")
    finished_at = models.DateTimeField(null=True, blank=True)
    is_replay_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replays")
    http_status = models.PositiveIntegerField(null=True, blank=True)
    correlation_id = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=12, choices=CallOutcome.choices, default=CallOutcome.PENDING)
    words = models.TextField(blank=True, help_text="The raw answer where it was not a plain success, trimmed.")

    class Meta:
        indexes = [models.Index(fields=["club", "-started_at"], name="calls_by_club_and_time")]

    def __str__(self) -> str:
        return f"call {self.pk}: {self.outcome}"


class CallItem(models.Model):
    """A delivery's place in a call, and what the answer said of it."""

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="items")
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="call_items")
    position = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=12, choices=CallOutcome.choices, default=CallOutcome.PENDING)
    words = models.TextField(blank=True)
    xero_journal_id = models.CharField(max_length=36, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "position"], name="one_delivery_per_position"),
            models.UniqueConstraint(fields=["call", "delivery"], name="one_position_per_delivery"),
        ]

    def __str__(self) -> str:
        return f"item {self.position} of call {self.call_id}"


class Turn(ClubScoped):
    """A club's place among those that have something to do with Xero, and what is known of its limits.

    The row is the queue: a worker takes the turn of a club that is due by a guarded UPDATE, so one worker at a time
    serves a club. Wake-ups only make it sooner.
    """

    club = models.OneToOneField(Club, on_delete=models.PROTECT, related_name="turn")
    due_at = models.DateTimeField(null=True, blank=True, help_text="Null while there is nothing to do.")
    holder = models.CharField(max_length=64, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    limited_until = models.DateTimeField(null=True, blank=True, help_text="Xero's Retry-After, as an instant.")
    limit_problem = models.CharField(
        max_length=20, blank=True, help_text="minute, day, concurrent, appminute or offline."
    )

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="turns_by_due")]

    def __str__(self) -> str:
        return f"turn of club {self.club_id}"


class AppPause(models.Model):
    """Until when no call is made for an app, because all its organisations together went over Xero's limit."""

    app = models.OneToOneField(XeroApp, on_delete=models.CASCADE, related_name="pause")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"app {self.app_id} pauses until {self.until}"


class Reading(ClubScoped):
    """How far the organisation's manual journals have been read: the next list asks for what changed since."""

    club = models.OneToOneField(Club, on_delete=models.PROTECT, related_name="reading")
    tenant_id = models.CharField(max_length=36)
    changed_since = models.DateTimeField(null=True, blank=True, help_text="The newest UpdatedDateUTC seen.")
    read_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"reading of club {self.club_id}"


class SightingKind(models.TextChoices):
    """What is wrong with a journal that was seen in Xero."""

    UNKNOWN = "unknown", "unknown to us"
    DOUBLE = "double", "a second one"
    CHANGED = "changed", "changed in Xero"


class Sighting(ClubScoped):
    """A manual journal in Xero that bears one of our references and that we can't account for. A person decides."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="sightings")
    journal = models.ForeignKey(Journal, null=True, on_delete=models.PROTECT, related_name="sightings")
    reference = models.CharField(max_length=40)
    kind = models.CharField(
        max_length=12,
        choices=SightingKind.choices,
    )
    xero_journal_id = models.CharField(max_length=36)
    found = models.JSONField(help_text="The manual journal as Xero gave it.")
    seen_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    settled_how = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["club", "xero_journal_id", "kind"],
                condition=models.Q(settled_at=None),
                name="one_open_sighting_per_journal_and_kind",
            )
        ]

    def __str__(self) -> str:
        return f"sighting of {self.reference}"


class NightlySending(ClubScoped):
    """A club's scheduled sending: each night at its local time, as the person who switched it on. Off by default."""

    club = models.OneToOneField(Club, on_delete=models.PROTECT, related_name="nightly_sending")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.TimeField(help_text="Local time of day in the club's zone.")
    is_on = models.BooleanField(default=False)
    last_ran_on = models.DateField(
        null=True, blank=True, help_text="The local date of the last run, or of when it was switched on."
    )
    last_ran_at = models.DateTimeField(null=True, blank=True)
    last_result = models.JSONField(null=True, help_text="What came of the last run, as `nights.Night`.")
    claimed_by = models.CharField(max_length=64, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True, help_text="While a worker runs it, or was woken to.")

    class Meta:
        indexes = [models.Index(fields=["last_ran_on"], condition=models.Q(is_on=True), name="nights_by_last_run")]

    def __str__(self) -> str:
        return f"nightly sending of club {self.club_id}"


class NightLetter(ClubScoped):
    """A letter about a night that the mail server refused for a time, until it is tried again."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="night_letters")
    sender = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", help_text="Whose night it was.")
    reader = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    night = models.JSONField(help_text="What came of it, as `nights.Night`.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="How often it was refused.")
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"letter to {self.reader_id} about a night of club {self.club_id}"


class RestoreHold(ClubScoped):
    """After a backup was restored nothing goes out of a club until a person has confirmed what was recorded since."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="restore_holds")
    backup_taken_at = models.DateTimeField()
    restored_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_words = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["club"], condition=models.Q(confirmed_at=None), name="one_open_restore_hold_per_club"
            )
        ]

    def __str__(self) -> str:
        return f"club {self.club_id}, restored at {self.restored_at}"


class BalanceProof(ClubScoped):
    """What came of proving the balances at the end of a day: one row for a day, replaced when it is proved again."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="balance_proofs")
    at = models.DateField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True, help_text="When a worker took up what was asked last.")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Null while it is being worked out.")
    failure = PhraseField(blank=True, help_text="Why nothing came of it.")
    made_at = models.DateTimeField(null=True, blank=True, help_text="The moment that the rows are of.")
    rows = PlainJSONField(default=list, help_text="Of each account type code, name and figures; amounts as text.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["club", "at"], name="one_balance_proof_per_day")]
        indexes = [
            models.Index(fields=["club"], condition=models.Q(ended_at=None), name="balance_proofs_under_way"),
        ]

    def __str__(self) -> str:
        return f"balances of club {self.club_id} at {self.at}"
