"""What came of a club's scheduled night, as a value that is kept, shown and written about."""

from dataclasses import asdict, dataclass
from typing import Any

from clubledger.bookkeeping.phrases import from_plain, plain_of


@dataclass(frozen=True, slots=True)
class Left:
    """A cause for which journals were left, with how many and the first and last of their days (ISO dates)."""

    message: str
    remedy: str
    journals: int
    first_on: str
    last_on: str


@dataclass(frozen=True, slots=True)
class Night:
    """What came of a night. `trouble` says, in words, why nothing could be sent at all; empty otherwise."""

    on: str
    sent: int = 0
    waiting: int = 0
    left: tuple[Left, ...] = ()
    trouble: str = ""

    @property
    def needs_a_person(self) -> bool:
        """Whether anybody has to be told."""
        return bool(self.left or self.trouble)

    @property
    def left_count(self) -> int:
        """How many journals were left, each counted once for each of its causes."""
        return sum(cause.journals for cause in self.left)

    def as_plain(self) -> dict[str, Any]:
        """Return it as JSON values: the words with their form and values."""
        left = [
            asdict(cause) | {"message": plain_of(cause.message), "remedy": plain_of(cause.remedy)}
            for cause in self.left
        ]
        return asdict(self) | {"left": left, "trouble": plain_of(self.trouble)}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "Night":
        """Read what `as_plain` gave."""
        left = tuple(
            Left(**cause | {"message": from_plain(cause["message"]), "remedy": from_plain(cause["remedy"])})
            for cause in plain.get("left", [])
        )
        return cls(**{**plain, "left": left, "trouble": from_plain(plain.get("trouble", ""))})
