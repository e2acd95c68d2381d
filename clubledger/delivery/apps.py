"""Registers the room `delivery` with Django, and its tasks with the engine."""

from importlib import import_module

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """The Django application of this room."""

    name = "clubledger.delivery"
    label = "delivery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's tasks."""
        import_module("clubledger.delivery.tasks")
