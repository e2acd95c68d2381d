"""Xero apps, token sets, authorisations and the club's connection. Tokens and secrets are encrypted at rest."""

from django.db import models

from clubledger.bookkeeping.chart import Organisation
from clubledger.clubs.models import Club, User
from clubledger.clubs.scoping import ClubScoped
from clubledger.foundation.crypto import EncryptedTextField


def secrets_of(app: str) -> list[str]:
    """Return the names by which a list that shows an app defers its secrets: each would have to be decrypted.

    `app` is the field of the row that leads to it, e.g. `to_app`.
    """
    return [f"{app}__client_secret", f"{app}__next_client_secret"]


class XeroApp(models.Model):
    """An app registered at Xero's developer portal: a client id and secret, shared by many clubs."""

    name = models.CharField(max_length=100)
    version = models.CharField(max_length=20, blank=True)
    client_id = models.CharField(max_length=100, unique=True)
    client_secret = EncryptedTextField(blank=True)
    next_client_secret = EncryptedTextField(blank=True, help_text="During a rotation: tried when the first is refused.")
    redirect_uri = models.CharField(max_length=255)
    scopes = models.TextField(help_text="Space-separated, as asked for at consent.")
    is_certified = models.BooleanField(default=False)
    tier = models.CharField(max_length=20, default="starter")
    use_pkce = models.BooleanField(default=True)
    status = models.CharField(max_length=12, default="active", choices=[("active", "active"), ("retired", "retired")])
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()

    @property
    def takes_a_place(self) -> bool:
        """Whether it takes one of an organisation's two places for uncertified apps: so does every app of a low tier.

        Certification counts from the tier on that requires it (xero-facts 2.5 and 2.6).
        """
        return not self.is_certified or self.tier in {"starter", "core"}


class Connection(ClubScoped):
    """The club's organisation and app. One organisation a club; an organisation serves one active club."""

    club = models.OneToOneField(Club, on_delete=models.PROTECT, related_name="xero_connection")
    app = models.ForeignKey(XeroApp, null=True, blank=True, on_delete=models.PROTECT, related_name="connections")
    tenant_id = models.CharField(
        max_length=36, blank=True, help_text="Xero's id of the organisation; blank until confirmed."
    )
    organisation_name = models.CharField(max_length=200, blank=True)
    legal_name = models.CharField(max_length=200, blank=True)
    short_code = models.CharField(max_length=10, blank=True)
    base_currency = models.CharField(max_length=3, blank=True)
    country_code = models.CharField(max_length=2, blank=True)
    time_zone = models.CharField(max_length=64, blank=True, help_text="IANA name.")
    sales_tax_basis = models.CharField(max_length=20, blank=True)
    sales_tax_period = models.CharField(max_length=20, blank=True, help_text="Xero's word: MONTHLY, QUARTERLY1 …")
    year_end_month = models.PositiveSmallIntegerField(default=6, help_text="The month its financial year ends in.")
    pays_tax = models.BooleanField(null=True)
    period_lock_date = models.DateField(null=True, blank=True)
    end_of_year_lock_date = models.DateField(null=True, blank=True)
    organisation_read_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id"], condition=~models.Q(tenant_id=""), name="one_club_per_xero_organisation"
            )
        ]

    def __str__(self) -> str:
        return self.organisation_name or f"unconnected club {self.club_id}"

    @property
    def organisation(self) -> Organisation:
        """What was last read of the organisation, as the value that checks take."""
        return Organisation(
            organisation_id=self.tenant_id,
            name=self.organisation_name,
            legal_name=self.legal_name,
            short_code=self.short_code,
            base_currency=self.base_currency,
            country_code=self.country_code or "AU",
            time_zone=self.time_zone,
            sales_tax_basis=self.sales_tax_basis,
            sales_tax_period=self.sales_tax_period,
            year_end_month=self.year_end_month,
            pays_tax=self.pays_tax is not False,
            period_lock_date=self.period_lock_date,
            end_of_year_lock_date=self.end_of_year_lock_date,
        )


class TokenSet(models.Model):
    """The tokens of one Xero user with one app, shared by all of that user's clubs. Refreshed under a lease."""

    app = models.ForeignKey(XeroApp, on_delete=models.PROTECT, related_name="token_sets")
    xero_user_id = models.CharField(max_length=36)
    email = models.CharField(max_length=254, blank=True)
    name = models.CharField(max_length=200, blank=True)
    access_token = EncryptedTextField()
    refresh_token = EncryptedTextField()
    previous_refresh_token = EncryptedTextField(blank=True, help_text="Good for Xero's 30 minutes of grace.")
    previous_replaced_at = models.DateTimeField(null=True, blank=True)
    scopes = models.TextField(blank=True)
    access_expires_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()
    generation = models.PositiveIntegerField(default=1, help_text="Counts refreshes; a stale writer sees that it lost.")
    lease_holder = models.CharField(
        max_length=64, blank=True, help_text="Who refreshes; with a lapsed lease: an attempt whose answer was lost."
    )
    lease_until = models.DateTimeField(null=True, blank=True)
    died_at = models.DateTimeField(
        null=True, blank=True, help_text="When Xero answered invalid_grant for the newest token."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["app", "xero_user_id"], name="one_token_set_per_app_and_xero_user")
        ]

    def __str__(self) -> str:
        return f"token set {self.pk} of Xero user {self.xero_user_id}"


FORGOTTEN = {
    "access_token": "",
    "refresh_token": "",
    "previous_refresh_token": "",
    "lease_holder": "",
    "lease_until": None,
}
"""What a token set is emptied to when its last authorisation has ended."""


class Authorisation(ClubScoped):
    """A user's consent: binds our user, the club and the app to a Xero user's tokens and one organisation."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="xero_authorisations")
    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="xero_authorisations")
    app = models.ForeignKey(XeroApp, on_delete=models.PROTECT, related_name="authorisations")
    token_set = models.ForeignKey(TokenSet, null=True, on_delete=models.PROTECT, related_name="authorisations")
    tenant_id = models.CharField(max_length=36)
    organisation_name = models.CharField(max_length=200)
    connection_id = models.CharField(max_length=36, blank=True, help_text="Xero's connection id, the one to DELETE.")
    auth_event_id = models.CharField(max_length=36, blank=True)
    authorised_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(
        max_length=20, blank=True, help_text="revoked, disconnected (in Xero), expired, or replaced."
    )
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "club", "app"], name="one_authorisation_per_user_club_app")
        ]

    def __str__(self) -> str:
        return f"{self.user} for {self.organisation_name}"

    @property
    def is_live(self) -> bool:
        """Whether it has not ended, as far as is known here."""
        return self.ended_at is None


class AuthorisationRequest(ClubScoped):
    """One press of Authorize Xero: what the callback must match, used once and soon expired."""

    club = models.ForeignKey(Club, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    app = models.ForeignKey(XeroApp, on_delete=models.PROTECT, related_name="+")
    state_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the state parameter.")
    nonce = models.CharField(max_length=64)
    code_verifier = EncryptedTextField(blank=True)
    redirect_uri = models.CharField(max_length=255, help_text="The code is exchanged with the very same one.")
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, blank=True, help_text="The kind of its outcome, as in `consent.Outcome`.")
    choices = models.JSONField(default=list, help_text="Organisations to confirm or to choose from.")
    token_set = models.ForeignKey(TokenSet, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"authorisation asked for by {self.user_id} at {self.created_at}"
