"""Rows that belong to a club can't be queried without naming it: an unscoped query raises."""

from typing import Any, ClassVar

from django.db import models


class UnscopedQuery(Exception):
    """Rows of clubs were asked for without saying of which club."""


class ClubManager(models.Manager[Any]):
    """Gives the rows of one club, and refuses to give those of all by accident."""

    def get_queryset(self) -> models.QuerySet[Any]:
        """Return all rows, but only to a related manager, which is bound to its parent's club. Raises UnscopedQuery."""
        if getattr(self, "instance", None) is None:
            raise UnscopedQuery(f"{self.model.__name__}: use .of(club), or .across_clubs(reason) where that is meant")
        return super().get_queryset()

    def of(self, club: Any) -> models.QuerySet[Any]:
        """Return the rows of `club`."""
        return super().get_queryset().filter(club=club)

    def across_clubs(self, reason: str) -> models.QuerySet[Any]:
        """Return the rows of all clubs. The reason stands in the code for whoever reads it; it must not be empty."""
        if not reason:
            raise UnscopedQuery("say why rows of all clubs are needed")
        return super().get_queryset()


class ClubScoped(models.Model):
    """Base of every model that has a `club`. Subclasses declare the foreign key themselves."""

    objects: ClassVar[ClubManager] = ClubManager()
    club_id: Any

    class Meta:
        abstract = True
        base_manager_name = None  # type: ignore[assignment]
