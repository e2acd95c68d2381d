"""What can't be done with a changeover, and why.

ChangeoverError
├── NotStaff            apps, changeovers and the fleet are the vendor's
├── NotPlannable        the club, the app or the time does not fit, or a file can't be read
├── WrongStep           the step does not follow from where the changeover stands (somebody may just have done it)
├── InFlight            journals are on their way under the old app: wait for them
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


class NothingToReturnTo(ChangeoverError):
    """No authorisation of the old app is left."""
