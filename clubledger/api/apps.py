"""Registers the room `api` with Django."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The Django application of this room."""

    name = "clubledger.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"
