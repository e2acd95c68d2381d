"""Who may move clubs: the vendor's staff. Every step asks here first."""

from django.utils.translation import gettext as _

from clubledger.changeover.errors import NotStaff
from clubledger.clubs.models import User


def require(actor: User) -> None:
    """Raise NotStaff unless the actor is active staff of the vendor."""
    if not (actor.is_active and actor.is_staff):
        raise NotStaff(_("Only the vendor's staff may do this."))
