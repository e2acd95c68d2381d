"""Registers the room `ledger` with Django."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The Django application of this room."""

    name = "clubledger.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the tasks of this room."""
        from clubledger.ledger import tasks  # noqa: F401 - importing registers them
