"""Why somebody does a thing: read from the form that asks, and what the page needs that asks again."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Reason:
    """What was typed into a form's field `reason`, and whether the form was sent at all, not only opened."""

    typed: str
    was_asked: bool

    @classmethod
    def of(cls, request: HttpRequest) -> "Reason":
        """Read the reason of a page that is opened by GET and sent by POST."""
        return cls(request.POST.get("reason", ""), request.method == "POST")

    @classmethod
    def of_second_form(cls, request: HttpRequest) -> "Reason":
        """Read the reason of a page that a form opens too: it was asked for once the form has the field."""
        return cls(request.POST.get("reason", ""), "reason" in request.POST)

    @property
    def text(self) -> str:
        """Return the reason without blanks around it; empty where there is none."""
        return self.typed.strip()

    @property
    def is_given(self) -> bool:
        """Whether the form was sent with a reason."""
        return self.was_asked and bool(self.text)

    @property
    def fields(self) -> dict[str, Any]:
        """Return what `web/reason.html` shows: what was typed, and whether it has to say that a reason is missing."""
        return {"reason": self.typed, "is_missing": self.was_asked and not self.text}
