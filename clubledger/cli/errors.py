"""What a command says when it can't: one sentence about what is wrong and what to do, instead of a stack of calls."""

from django.core.exceptions import ValidationError
from django.db import OperationalError, ProgrammingError

from clubledger.xero.errors import AuthorisationNeeded


class Failure(Exception):
    """A command can't do what it was asked to. Its words stand alone: what is wrong, and what to do."""

    def __init__(self, words: str, *, status: int = 1) -> None:
        super().__init__(words)
        self.status = status


def words_of(error: Exception) -> str | None:
    """Return what to say of an error that a person can mend; None for a defect, which deserves its trace."""
    if isinstance(error, Failure):
        return str(error)
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, OperationalError | ProgrammingError):
        said = str(error).strip()
        return f"The database does not answer as it should: {said}. Is it there, and was `clubledger migrate` run?"
    if isinstance(error, FileNotFoundError):
        return f"There is no file {error.filename}."
    if isinstance(error, PermissionError):
        return f"Not allowed to read or write {error.filename}."
    if isinstance(error, AuthorisationNeeded):
        return f"{str(error).rstrip('.')}. Run `clubledger authorise`."
    if type(error).__module__.startswith("clubledger."):
        return str(error) or (type(error).__doc__ or type(error).__name__).splitlines()[0]
    return None
