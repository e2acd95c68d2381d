"""Which Xero app serves a club: the club's own, else the one from the settings, else the only one there is."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from clubledger.clubs import audit
from clubledger.clubs.models import Club, User
from clubledger.xero.errors import AppMisconfigured
from clubledger.xero.models import Connection, XeroApp

CALLBACK_PATH = "/xero/callback"


def ensure_app_from_settings() -> XeroApp | None:
    """Return the app registered by `CLUBLEDGER_XERO_CLIENT_ID` and its fellows, made or brought up to date.

    None where the settings name no app. What only the console sets (name, tier, certified, PKCE) is left alone.
    """
    if not settings.XERO_CLIENT_ID:
        return None
    wanted = {
        "client_secret": settings.XERO_CLIENT_SECRET,
        "redirect_uri": f"{settings.CLUBLEDGER_BASE_URL}{CALLBACK_PATH}",
        "scopes": settings.XERO_SCOPES,
    }
    app = XeroApp.objects.filter(client_id=settings.XERO_CLIENT_ID).first()
    if app is not None and all(getattr(app, name) == value for name, value in wanted.items()):
        return app
    with transaction.atomic():
        app, created = XeroApp.objects.update_or_create(
            client_id=settings.XERO_CLIENT_ID, defaults=wanted, create_defaults={"name": "Clubledger", **wanted}
        )
        audit.note(
            club=None,
            actor=None,
            action="xero_app.registered" if created else "xero_app.changed",
            subject=f"xero app {app.client_id}",
            summary=f"Xero app {app.client_id} taken from the settings",
            after={"redirect_uri": app.redirect_uri, "scopes": app.scopes},
        )
    return app


def app_for(club: Club) -> XeroApp:
    """Return the app that the club uses now. Raises AppMisconfigured if none is registered or several could be."""
    connection = Connection.objects.of(club).select_related("app").first()
    if connection is not None and connection.app is not None:
        app: XeroApp = connection.app
        return app
    from_settings = ensure_app_from_settings()
    if from_settings is not None:
        return from_settings
    active = list(XeroApp.objects.filter(status="active").order_by("-created_at", "-pk")[:2])
    if len(active) == 1:
        return active[0]
    if not active:
        raise AppMisconfigured(
            _("No Xero app is registered. Set the client id and secret, or add one under Xero Apps.")
        )
    raise AppMisconfigured(_("Several Xero apps are registered and none is chosen for this club."))


# --- What the vendor's staff do with apps -----------------------------------------------------------------------------

MOST_CONNECTIONS = {"starter": 5, "core": 50, "plus": 1_000, "advanced": 10_000, "enterprise": None}
"""Connections that an app may have, by tier (xero-facts 2.6); None: by agreement."""

NEEDED_SCOPES = (
    ("offline_access",),
    ("accounting.manualjournals", "accounting.transactions"),
    ("accounting.settings.read", "accounting.settings"),
)
"""Of each group an app asks for one: the granular scope, or the old broad one that an older app still has."""


class NotForYou(Exception):
    """Apps are the vendor's staff's."""


class BadApp(Exception):
    """An app can't be registered or changed so; the text says why."""


def apps() -> QuerySet[XeroApp]:
    """Return all apps, the newest first."""
    return XeroApp.objects.order_by("-created_at")


def active_apps() -> QuerySet[XeroApp]:
    """Return the apps that clubs may move to, the newest first."""
    return apps().filter(status="active")


def app_with_id(app_id: int | None) -> XeroApp | None:
    """Return one app."""
    return XeroApp.objects.filter(pk=app_id).first() if app_id else None


def redirect_address() -> str:
    """Return the redirect address to enter at Xero for this installation."""
    return f"{settings.CLUBLEDGER_BASE_URL}{CALLBACK_PATH}"


@sensitive_variables("client_secret")
@transaction.atomic
def register_app(
    *,
    actor: User,
    name: str,
    version: str,
    client_id: str,
    client_secret: str,
    scopes: str = "",
    is_certified: bool = False,
    tier: str = "starter",
    use_pkce: bool = True,
) -> XeroApp:
    """Register an app of Xero's developer portal; the secret is stored encrypted. Raises NotForYou, BadApp."""
    _require_staff(actor)
    client_id = client_id.strip()
    if not client_id or XeroApp.objects.filter(client_id=client_id).exists():
        raise BadApp(_("Another app has this client id.") if client_id else _("The client id is missing."))
    app = XeroApp.objects.create(
        name=name.strip(),
        version=version.strip(),
        client_id=client_id,
        client_secret=client_secret.strip(),
        redirect_uri=redirect_address(),
        scopes=_scopes(scopes.strip() or settings.XERO_SCOPES),
        is_certified=is_certified,
        tier=_tier(tier),
        use_pkce=use_pkce,
    )
    _note_app(actor, app, "registered", f"{actor} registered the Xero app {app}")
    return app


@transaction.atomic
def change_app(*, actor: User, app: XeroApp, **fields: Any) -> XeroApp:
    """Change name, version, scopes, is_certified, tier, use_pkce or status of an app. Raises NotForYou, BadApp."""
    _require_staff(actor)
    if fields.get("status") == "retired" and Connection.objects.across_clubs("is it used").filter(app=app).exists():
        raise BadApp(_("Clubs still use this app. Move them first."))
    if "tier" in fields:
        fields["tier"] = _tier(fields["tier"])
    if "scopes" in fields:
        fields["scopes"] = _scopes(fields["scopes"].strip() or settings.XERO_SCOPES)
    before = {name: getattr(app, name) for name in fields}
    XeroApp.objects.filter(pk=app.pk).update(**fields)
    app.refresh_from_db()
    _note_app(actor, app, "changed", f"{actor} changed the Xero app {app}", before=before, after=fields)
    return app


@sensitive_variables("next_secret")
@transaction.atomic
def begin_rotation(*, actor: User, app: XeroApp, next_secret: str) -> None:
    """Keep the app's next secret beside the present one: whichever Xero takes is used. Raises NotForYou, BadApp."""
    _require_staff(actor)
    if not next_secret.strip():
        raise BadApp(_("The new secret is missing."))
    row = XeroApp.objects.get(pk=app.pk)
    row.next_client_secret = next_secret.strip()
    row.save(update_fields=["next_client_secret"])
    _note_app(actor, app, "rotation_begun", f"{actor} entered the next secret of the Xero app {app}")


@transaction.atomic
def finish_rotation(*, actor: User, app: XeroApp, keep_new: bool = True) -> None:
    """End a rotation: the next secret becomes the only one, or is forgotten again. Raises NotForYou, BadApp."""
    _require_staff(actor)
    row = XeroApp.objects.get(pk=app.pk)
    if not row.next_client_secret:
        raise BadApp(_("No rotation is under way."))
    if keep_new:
        row.client_secret = row.next_client_secret
    row.next_client_secret = ""
    row.save(update_fields=["client_secret", "next_client_secret"])
    words = "now uses only its new secret" if keep_new else "keeps its old secret"
    _note_app(actor, app, "rotation_finished", f"The Xero app {app} {words}")


def _require_staff(actor: User) -> None:
    if not (actor.is_active and actor.is_staff):
        raise NotForYou


def _tier(tier: str) -> str:
    if tier.lower() not in MOST_CONNECTIONS:
        raise BadApp(_("There is no tier %(tier)s.") % {"tier": tier})
    return tier.lower()


def _scopes(text: str) -> str:
    scopes = text.split()
    missing = [group[0] for group in NEEDED_SCOPES if not set(group) & set(scopes)]
    if missing:
        raise BadApp(
            _("The scopes lack %(missing)s, without which no journal can be sent.") % {"missing": ", ".join(missing)}
        )
    return " ".join(scopes)


def _note_app(actor: User, app: XeroApp, what: str, summary: str, *, before: Any = None, after: Any = None) -> None:
    audit.note(
        club=None,
        actor=actor,
        action=f"xero_app.{what}",
        subject=f"xero app {app.client_id}",
        summary=summary,
        before=before,
        after=after,
    )
