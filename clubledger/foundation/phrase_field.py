"""A column of text that keeps phrases: the English first, and after a separator the form and the values."""

from typing import TYPE_CHECKING, Any

from django.db import models

from clubledger.bookkeeping.phrases import Phrase, from_column, to_column

if TYPE_CHECKING:
    Text = models.Field[Any, Any]  # Its values are phrases or plain text.
else:
    Text = models.TextField


class PhraseField(Text):
    """Text that may be a phrase, and then comes back as one; see `bookkeeping.phrases`."""

    def from_db_value(self, value: str | None, *_about: Any) -> str | None:
        """Read what the database keeps."""
        return None if value is None else from_column(value)

    def to_python(self, value: Any) -> Any:
        """Read it from a form or a dump."""
        return from_column(value) if isinstance(value, str) and not isinstance(value, Phrase) else value

    def get_prep_value(self, value: Any) -> str | None:
        """Write it as the database keeps it."""
        return None if value is None else to_column(str(value) if not isinstance(value, str) else value)

    def value_to_string(self, obj: models.Model) -> str:
        """Write it for a dump."""
        return self.get_prep_value(self.value_from_object(obj)) or ""
