"""Registers the room `frame` with Django."""

from django.apps import AppConfig


class FrameConfig(AppConfig):
    """The Django application of this room."""

    name = "clubledger.frame"
    label = "frame"
    default_auto_field = "django.db.models.BigAutoField"
