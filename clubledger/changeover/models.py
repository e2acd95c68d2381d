"""A club's move from one Xero app to another: where it stands, what was done when, who comes along, who was told."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _

from clubledger.clubs.models import Club, User
from clubledger.clubs.scoping import ClubScoped
from clubledger.foundation.phrase_field import PhraseField
from clubledger.xero.models import XeroApp


class State(models.TextChoices):
    """Where a changeover stands. `move/state.py` tells what is known in each and where it may go."""

    PLANNED = "planned", _("Planned")
    ANNOUNCED = "announced", _("Announced")
    SWITCHED = "switched", _("Switched")
    DISCONNECTED = "disconnected", _("Old app disconnected")
    REAUTHORISING = "reauthorising", _("Re-authorising")
    VERIFIED = "verified", _("Verified")
    DONE = "done", _("Done")
    PAUSED = "paused", _("Paused")
    ROLLED_BACK = "rolled_back", _("Rolled back")
    CALLED_OFF = "called_off", _("Called off")


BEFORE = (State.PLANNED, State.ANNOUNCED)
"""The club still uses its old app."""

AFTER = (State.SWITCHED, State.DISCONNECTED, State.REAUTHORISING, State.VERIFIED)
"""The club uses its new app, and something is left to do."""

ENDED = (State.DONE, State.ROLLED_BACK, State.CALLED_OFF)
"""Nothing more happens."""


class Wave(models.Model):
    """Changeovers that were planned together."""

    name = models.CharField(max_length=100, unique=True)
    to_app = models.ForeignKey(XeroApp, on_delete=models.PROTECT, related_name="+")
    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Changeover(ClubScoped):
    """One club's move. At most one a club is not ended; states change by guarded UPDATEs only (`steps.py`)."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="changeovers")
    wave = models.ForeignKey(Wave, null=True, blank=True, on_delete=models.PROTECT, related_name="changeovers")
    from_app = models.ForeignKey(XeroApp, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    to_app = models.ForeignKey(XeroApp, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=16, choices=State.choices, default=State.PLANNED)
    paused_in = models.CharField(max_length=16, blank=True, help_text="The state it goes on from when it is resumed.")
    moved_at = models.DateTimeField(help_text="When it came into its state: since when a stuck one is stuck.")
    switch_at = models.DateTimeField(null=True, blank=True, help_text="When it switches by itself; null: by a button.")
    disconnects_itself = models.BooleanField(
        default=False, help_text="Clubledger disconnects the old app once nothing is in flight under it."
    )
    contact = models.CharField(max_length=200, blank=True)
    notes = models.TextField(blank=True)
    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    announced_at = models.DateTimeField(null=True, blank=True)
    switched_at = models.DateTimeField(null=True, blank=True)
    disconnected_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(
        null=True, blank=True, help_text="When Get GL Codes succeeded under the new app."
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    people_total = models.PositiveIntegerField(default=0, help_text="Who must authorise the new app.")
    people_done = models.PositiveIntegerField(default=0, help_text="How many of them have.")
    looked_at = models.DateTimeField(null=True, blank=True, help_text="When Xero was last asked about the old app.")
    trouble = PhraseField(blank=True, help_text="What keeps it, in words; empty when nothing does.")
    trouble_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["club"],
                condition=~models.Q(state__in=["done", "rolled_back", "called_off"]),
                name="one_live_changeover_per_club",
            )
        ]
        indexes = [
            models.Index(fields=["state", "moved_at"], name="changeovers_by_state"),
            models.Index(
                fields=["switch_at"],
                condition=models.Q(state__in=["planned", "announced"]),
                name="changeovers_to_switch",
            ),
        ]

    def __str__(self) -> str:
        return f"changeover {self.pk} of club {self.club_id}"

    @property
    def is_before(self) -> bool:
        """Whether the club still uses its old app."""
        return self.switched_at is None

    @property
    def is_for_the_club(self) -> bool:
        """Whether the club's people see it: what is planned and not announced is still the staff's alone."""
        return self.announced_at is not None or not self.is_before

    @property
    def is_live(self) -> bool:
        """Whether something is left to do."""
        return self.state not in ENDED


class Traveller(ClubScoped):
    """A person who had authorised the old app at the switch, or until shortly before it, and so comes along."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="+")
    changeover = models.ForeignKey(Changeover, on_delete=models.CASCADE, related_name="travellers")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    authorised_at = models.DateTimeField(null=True, blank=True, help_text="When they authorised the new app.")
    excused_at = models.DateTimeField(null=True, blank=True, help_text="They left, or may no longer authorise.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["changeover", "user"], name="one_traveller_per_changeover")]

    def __str__(self) -> str:
        return f"{self.user_id} in changeover {self.changeover_id}"


class Step(ClubScoped):
    """Who did what when. Rows are only added."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="+")
    changeover = models.ForeignKey(Changeover, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=20)
    words = PhraseField()

    class Meta:
        indexes = [models.Index(fields=["changeover", "at"], name="steps_by_changeover")]

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"


class Cause(models.TextChoices):
    """Why somebody is told something by e-mail."""

    PLANNED = "planned", _("planned")
    RESCHEDULED = "rescheduled", _("another time")
    TOMORROW = "tomorrow", _("tomorrow")
    SWITCHED = "switched", _("switched")
    STILL = "still", _("still to authorise")
    FAILING = "failing", _("failing")
    DONE = "done", _("done")
    ROLLED_BACK = "rolled_back", _("rolled back")
    CALLED_OFF = "called_off", _("called off")


class NoticeState(StrEnum):
    """What has become of an e-mail about a changeover. Moot: what it would have said no longer holds."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    MOOT = "moot"


class Notice(ClubScoped):
    """An e-mail to one person about their club's changeover. The unique constraint is what stops a second one a day."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="+")
    changeover = models.ForeignKey(Changeover, on_delete=models.CASCADE, related_name="notices")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(max_length=12, choices=Cause.choices)
    on = models.DateField(help_text="The day in the club's time zone, before which it is not sent.")
    state = models.CharField(
        max_length=10,
        default=NoticeState.WAITING.value,
        choices=[(state.value, state.value) for state in NoticeState],
        help_text="`sending` for long: the sender died; it may have gone out, so it is not sent again.",
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    words = models.TextField(blank=True, help_text="Why it could not be sent.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="How often it was refused for a time.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="Not tried again before.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["club", "user", "cause", "on"], name="one_notice_a_day_for_a_cause")
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(state=NoticeState.WAITING.value), name="notices_to_send")
        ]

    def __str__(self) -> str:
        return f"{self.cause} notice to {self.user_id} on {self.on}"


class StaffKey(models.Model):
    """A key for the vendor's support desk to script changeovers. Acts for one of the staff; only its hash is kept."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, unique=True)
    secret_hash = models.CharField(max_length=64)
    acts_for = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
