"""Registers the room `xero` with Django."""

from django.apps import AppConfig


class XeroConfig(AppConfig):
    """The Django application of this room."""

    name = "clubledger.xero"
    label = "xero"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the tasks of this room."""
        from clubledger.xero import tasks  # noqa: F401
