"""What can go wrong in this room, as one small tree.

LedgerError
├── ImportingError
│   ├── UnknownFormat
│   ├── BadSourceName
│   ├── AlreadyRunning
│   ├── CannotUndoImport
│   └── SampleRefused
├── JournalError
│   ├── NotRecordable
│   ├── NotRecorded
│   └── CutoverRefused
└── MappingError
    ├── NotOfThisClub
    ├── UnusableAccount
    ├── WrongTaxType
    └── CodeTaken
"""


class LedgerError(Exception):
    """Root of the errors of this room. Its words can be shown to the person who asked."""


class ImportingError(LedgerError):
    """Something about an import."""


class UnknownFormat(ImportingError):
    """There is no module for this format."""


class BadSourceName(ImportingError):
    """The name of the source system can't be kept: empty, too long, or with a control character."""


class AlreadyRunning(ImportingError):
    """Somebody else is reading this file now."""


class CannotUndoImport(ImportingError):
    """Something of the import was queued, sent or recorded, or later transactions build on it."""


class SampleRefused(ImportingError):
    """Sample data can't be brought in or taken away."""


class JournalError(LedgerError):
    """Something about journals."""


class NotRecordable(JournalError):
    """A journal can't be recorded as manually added from the state it is in."""


class NotRecorded(JournalError):
    """A journal whose recording is to be undone is not recorded."""


class CutoverRefused(JournalError):
    """The Post from date can't be set as asked."""


class MappingError(LedgerError):
    """Something about the mapping or the chart."""

    item_id: int | None = None
    """The item that can't be mapped so, where several were to be mapped together."""


class NotOfThisClub(MappingError):
    """The item, GL code or job code is not the club's."""


class UnusableAccount(MappingError):
    """A journal can't use this account; the text says why."""


class WrongTaxType(MappingError):
    """The tax type is not in use, not for the account's class, or stands on what is no charge."""


class CodeTaken(MappingError):
    """There is such a code already."""
