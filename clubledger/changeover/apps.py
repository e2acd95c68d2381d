"""Registers the room `changeover` with Django."""

from django.apps import AppConfig


class ChangeoverConfig(AppConfig):
    """The Django application of this room."""

    name = "clubledger.changeover"
    label = "changeover"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the tasks of this room."""
        from clubledger.changeover import tasks  # noqa: F401 - importing registers them
