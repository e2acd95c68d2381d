"""Registers the room `console` with Django."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The Django application of this room."""

    name = "clubledger.console"
    label = "console"
    default_auto_field = "django.db.models.BigAutoField"
