"""Whether a new app can hold the clubs that move to it: a tier's maximum of connections is a hard stop at Xero."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from clubledger.changeover.models import ENDED, Changeover
from clubledger.clubs.models import Club
from clubledger.xero.connection.registration import MOST_CONNECTIONS
from clubledger.xero.models import Authorisation, XeroApp

WHY = "an app's connections are counted across clubs"


def warning(*, to_app: XeroApp, slugs: Collection[str] = ()) -> str:
    """Say that the app will not hold everybody who is to come: of clubs that move to it, and of those named.

    Empty where it does, or where the tier has no fixed maximum. A Xero login comes once for each organisation.
    """
    most = MOST_CONNECTIONS.get(to_app.tier)
    if most is None:
        return ""
    live = Authorisation.objects.across_clubs(WHY).filter(ended_at=None, token_set__died_at=None)
    used = live.filter(app=to_app).values("token_set", "tenant_id").distinct().count()
    moving = Changeover.objects.across_clubs(WHY).filter(to_app=to_app).exclude(state__in=ENDED).values("club_id")
    named = Club.objects.filter(slug__in=list(slugs)).values("pk")
    has_come = live.filter(app=to_app, club=OuterRef("club"), user=OuterRef("user"))
    to_come = live.exclude(app=to_app).filter(Q(club__in=moving) | Q(club__in=named)).filter(~Exists(has_come))
    coming = to_come.values("token_set", "tenant_id").distinct().count()
    if used + coming <= most:
        return ""
    return _(
        "%(app)s has %(used)s connections and %(coming)s are to come, but its tier allows %(most)s: Xero will refuse"
        " the rest. Raise the tier at Xero and here before they switch."
    ) % {"app": to_app, "used": used, "coming": coming, "most": most}
