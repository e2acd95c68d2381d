"""What can't be done with a changeover, and why.

ChangeoverError
├── NotStaff            apps, changeovers and the fleet are the vendor's
├── NotPlannable        the club, the app or the time does not fit, or a file can't be read
├── WrongStep           the step does not follow from where the changeover stands (somebody may just have done it)
├── InFlight            journals are on their way under the old app: wait for them
├── NotAllDisconnected  Xero refused or did not answer for some of the old app's connections: they still stand
└── NothingToReturnTo   the old authorisations have ended, so rolling back would leave the club with none
"""


class ChangeoverError(Exception):
    """Root of the errors of this room. Its text is for the person who asked."""


class NotStaff(ChangeoverError):
    """Only the vendor's staff may do this."""


class NotPlannable(ChangeoverError):
    """This changeover can't be planned."""


class WrongStep(ChangeoverError):
    """The step does not follow from where the changeover stands now."""


class InFlight(ChangeoverError):
    """Journals are on their way to Xero under the old app."""


class NotAllDisconnected(ChangeoverError):
    """Some connections of the old app still stand. `cause` is what Xero said first; `ended` are gone, `left` stand."""

    def __init__(self, words: str, *, cause: Exception, ended: int, left: int) -> None:
        super().__init__(words)
        self.cause, self.ended, self.left = cause, ended, left


class NothingToReturnTo(ChangeoverError):
    """No authorisation of the old app is left."""
