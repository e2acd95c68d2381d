"""A column of plain JSON values kept as text: read whole, never searched into.

PostgreSQL writes a jsonb column out anew for each reader, which for the findings of years of journals takes longer than
all else that GL Integration asks of it; text it hands over as it is, and tells "[]" from the rest by its length.
"""

from typing import TYPE_CHECKING, Any

import orjson
from django.db import models

Plain = dict[str, Any] | list[Any]

if TYPE_CHECKING:
    Text = models.Field[Any, Any]  # Its values are no text to those who read them.
else:
    Text = models.TextField


class PlainJSONField(Text):
    """Plain JSON values (objects and arrays of text, whole numbers, true, false, null) as text."""

    def from_db_value(self, value: str | None, *_about: Any) -> Plain | None:
        """Read what the database keeps."""
        return None if value is None else orjson.loads(value)

    def to_python(self, value: Any) -> Any:
        """Read it from a form or a dump; what is no text any more stays as it is. Raises ValueError for bad JSON."""
        return orjson.loads(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> str | None:
        """Write it as the database keeps it."""
        return None if value is None else orjson.dumps(value).decode()

    def value_to_string(self, obj: models.Model) -> str:
        """Write it for a dump."""
        return self.get_prep_value(self.value_from_object(obj)) or ""
