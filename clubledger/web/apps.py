"""Registers the room `web` with Django."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The Django application of this room."""

    name = "clubledger.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"
