"""What workers are woken for. Each task may run late, twice or never: the rows are the truth."""

from clubledger.changeover import notices
from clubledger.changeover.move import progress, rounds
from clubledger.clubs.models import Club
from clubledger.foundation.wake import task


@task("changeover.sweep")
def sweep() -> None:
    """Do what is due this minute."""
    rounds.go()


@task("changeover.look")
def look(club_id: int) -> None:
    """Somebody authorised, or something else happened at this club."""
    club = Club.objects.filter(pk=club_id).first()
    if club is not None:
        progress.look(club=club)


@task("changeover.send_notices")
def send_notices() -> None:
    """Send the e-mails that wait."""
    notices.send_waiting()
