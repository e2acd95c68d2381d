"""Encryption of secrets and tokens at rest, with keys from the environment that can be rotated."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField


class UnreadableSecret(Exception):
    """A stored secret can't be decrypted with any of the configured keys."""


def new_key() -> str:
    """Make a key for `CLUBLEDGER_ENCRYPTION_KEYS` (32 random bytes, URL-safe base64)."""
    return Fernet.generate_key().decode()


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _current() -> MultiFernet:
    return _cipher(tuple(settings.CLUBLEDGER_ENCRYPTION_KEYS))


def encrypt(plain: str) -> str:
    """Encrypt text under the first key. The empty string stays empty, so that "none" can be seen."""
    return _current().encrypt(plain.encode()).decode() if plain else ""


def decrypt(stored: str) -> str:
    """Return the text that `encrypt` was given. Raises UnreadableSecret if no key fits."""
    if not stored:
        return ""
    try:
        return _current().decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecret("no configured encryption key opens this secret") from error


def rotate(stored: str) -> str:
    """Encrypt an already stored secret anew under the first key. Raises UnreadableSecret if no key fits."""
    if not stored:
        return ""
    try:
        return _current().rotate(stored.encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecret("no configured encryption key opens this secret") from error


class EncryptedTextField(_TextField):
    """A text column whose value is encrypted at rest and plain in Python. It can't be searched."""

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt on the way to the database."""
        plain = super().get_prep_value(value)
        return encrypt(plain) if isinstance(plain, str) else plain

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> Any:
        """Decrypt on the way from the database."""
        return decrypt(value) if isinstance(value, str) else value
