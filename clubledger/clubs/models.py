"""People, clubs, roles, keys and the audit trail. Every row of a club is reached through `clubs.access`."""

import re
import secrets
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from clubledger.clubs.scoping import ClubScoped

MARK_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
"""No vowel pairs to spell words with, and no look-alikes: the mark is read aloud over the telephone."""


def new_mark() -> str:
    """Make a club's permanent random mark: 6 characters, about 7 x 10^8 possibilities."""
    return "".join(secrets.choice(MARK_ALPHABET) for _ in range(6))


TURNING = re.compile("[\N{ARABIC LETTER MARK}\u200e\u200f\u202a-\u202e\u2066-\u2069\0]")
"""Characters that turn the direction of writing, by which one name passes for another."""


def one_line(text: str) -> str:
    """Return a name as it stands in a list or the subject of a letter: on one line, without characters that turn it."""
    return " ".join(TURNING.sub("", text).split())


class UserManager(BaseUserManager["User"]):
    """Creates people by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person who signs in with `email`. Without a password they must set one by invitation."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.name = one_line(user.name)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Roles come from memberships of clubs; `is_staff` means the vendor's staff."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    language = models.CharField(max_length=10, blank=True, default="", help_text="Their choice; empty: none made.")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name or self.email


class Club(models.Model):
    """Our tenant. Its mark is part of every reference it ever sends, so it never changes."""

    name = models.CharField(max_length=150)
    slug = models.SlugField(unique=True)
    time_zone = models.CharField(max_length=64, default="Australia/Sydney")
    language = models.CharField(
        max_length=10, default="en-au", help_text="Of e-mails to whoever has chosen none for themself."
    )
    currency = models.CharField(
        max_length=3, default="AUD", help_text="ISO 4217: what its books are in, here and in its organisation in Xero."
    )
    mark = models.CharField(max_length=8, unique=True, default=new_mark, editable=False)
    post_from = models.DateField(
        null=True, blank=True, help_text="Days before it are kept for balances and never sent."
    )
    locked_day_choice = models.CharField(
        max_length=12, default="wait", choices=[("wait", "wait"), ("first_open", "send on the first open day")]
    )
    last_journal_number = models.PositiveIntegerField(default=0, editable=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a person is at a club."""

    OWNER = "owner", _("Owner")
    ADMINISTRATOR = "administrator", _("Administrator")
    ACCOUNTS = "accounts", _("Accounts")
    VIEWER = "viewer", _("Viewer")

    @property
    def in_english(self) -> str:
        """Its name as records have it, whoever reads them."""
        with translation.override(settings.LANGUAGE_CODE):
            return str(self.label)


class Membership(models.Model):
    """A person's role at a club."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "club"], name="one_membership_per_person_and_club")]

    def __str__(self) -> str:
        return f"{self.user} at {self.club}: {self.role}"


class Invitation(ClubScoped):
    """An e-mail that asks somebody to join a club. It works once, for seven days; only its token's hash is kept."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=16, choices=Role.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, help_text="When the last e-mail left; null if none could be sent.")
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["club", "email"],
                condition=models.Q(withdrawn_at=None, accepted_at=None),
                name="one_open_invitation_per_address",
            )
        ]

    def __str__(self) -> str:
        return f"invitation of {self.email} as {self.role}"


class ApiKey(ClubScoped):
    """A key for a membership or point-of-sale system, which acts for a person. Only its hash is kept."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(max_length=128)
    may_import = models.BooleanField(default=False, help_text="Otherwise it only reads.")
    acts_for = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_refused_at = models.DateTimeField(null=True, blank=True, help_text="Last use on record after it was revoked.")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class SupportGrant(ClubScoped):
    """An Owner's leave for the vendor's staff to look at the club as a Viewer, for a time. Rows are only ended."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="+")
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    granted_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["club", "until"], name="support_grants_by_club")]

    def __str__(self) -> str:
        return f"support access to club {self.club_id} until {self.until}"


class AuditChain(models.Model):
    """The head of a club's chain of audit events (no club: the installation's); locked while one is added."""

    club = models.OneToOneField(Club, null=True, on_delete=models.PROTECT)
    length = models.PositiveBigIntegerField(default=0)
    head = models.CharField(max_length=64, default="")
    verified_length = models.PositiveBigIntegerField(default=0, help_text="Events that the last verification read.")
    verified_at = models.DateTimeField(null=True)
    verified_faults = models.JSONField(default=list, help_text="What the last verification found; empty if it holds.")

    def __str__(self) -> str:
        return f"audit chain of {self.club or 'the installation'}"


class AuditEvent(ClubScoped):
    """What somebody did, when, and what was before. Rows are only ever added; triggers in the database see to it."""

    club = models.ForeignKey(Club, null=True, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(max_length=200)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    summary = models.TextField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["club", "position"], name="one_audit_event_per_position")]
        indexes = [
            models.Index(fields=["club", "-at"], name="audit_by_club_and_time"),
            models.Index(fields=["club", "subject", "position"], name="audit_by_club_and_subject"),
            models.Index(fields=["club", "user", "position"], name="audit_by_club_and_user"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name}: {self.summary}"
