"""Registers the room `clubs` with Django."""

from django.apps import AppConfig


class ClubsConfig(AppConfig):
    """The Django application of this room."""

    name = "clubledger.clubs"
    label = "clubs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks of the settings with Django's own, and what is put on record at sign-in."""
        from clubledger.clubs import sign_in, tasks  # noqa: F401 - importing registers their parts
        from clubledger.foundation import checks  # noqa: F401 - importing registers them
