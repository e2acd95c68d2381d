"""Re-encrypts every stored secret under the first key, so that an old key can be taken away. Never shows one."""

from collections.abc import Callable, Iterator

from django.apps import apps
from django.db import models
from django.db.models.functions import Cast

from clubledger.foundation import crypto

TRIES = 3
_others: list[Callable[[], int]] = []


def also_rotates(rotate: Callable[[], int]) -> Callable[[], int]:
    """Register a function that turns over secrets in no encrypted column and gives how many; a decorator."""
    _others.append(rotate)
    return rotate


def encrypted_columns() -> Iterator[tuple[type[models.Model], str]]:
    """Return every model with the name of each of its encrypted fields."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, crypto.EncryptedTextField):
                yield model, field.name


def rotate_all() -> int:
    """Encrypt all stored secrets anew under the first key; returns how many. Safe while the product runs.

    A value that changes meanwhile is left to whoever changed it: it is encrypted under the first key already.
    Raises crypto.UnreadableSecret for a value that no configured key opens.
    """
    rotated = 0
    for model, name in encrypted_columns():
        for key, stored in _stored(model, name).values_list("pk", "stored").iterator(chunk_size=500):
            if stored:
                fresh = models.Value(crypto.rotate(stored), output_field=models.TextField())
                rotated += _stored(model, name).filter(pk=key, stored=stored).update(**{name: fresh})
    return rotated + sum(rotate() for rotate in _others)


def _stored(model: type[models.Model], name: str) -> models.QuerySet[models.Model]:
    """Return the rows with the ciphertext as it stands, in `stored`. Secrets of all clubs turn with the same key."""
    return model._base_manager.annotate(stored=Cast(name, output_field=models.TextField()))
