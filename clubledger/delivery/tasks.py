"""What workers are woken for. Each task may run late, twice or never: the rows are the truth."""

from django.db import transaction

from clubledger.clubs import access
from clubledger.clubs.models import Club
from clubledger.delivery import proofs, serve
from clubledger.delivery.nightly import letters, schedule
from clubledger.delivery.sending import hold, turns
from clubledger.foundation.wake import task, wake


@task("delivery.serve_club")
def serve_club(club_id: int) -> None:
    """Do all that is due for a club, if it is its turn and no other worker has it."""
    serve.serve_club(club_id)


@task("delivery.go_on")
def go_on(club_id: int) -> None:
    """Somebody of the club has authorised: what waited for that is served now."""
    club = Club.objects.get(pk=club_id)
    with transaction.atomic():
        access.lock_club(club)
        hold.go_on(club)


@task("delivery.sweep")
def sweep() -> None:
    """Find what lost wake-ups left behind."""
    turns.sweep()


@task("delivery.nightly.run")
def run_night(club_id: int) -> None:
    """Run a club's scheduled sending, if its time has come and no other worker has."""
    schedule.run(club_id)


@task("delivery.nightly.sweep")
def sweep_nights() -> None:
    """Find the clubs whose local time has come, and try the letters again that could not be sent for a time."""
    schedule.sweep()
    letters.tell_again()


@task("delivery.prove_balances")
def prove_balances(proof_id: int) -> None:
    """Prove a club's balances at the end of the day that somebody asked for, unless another worker does."""
    proofs.run(proof_id=proof_id)


@task("delivery.proofs.sweep")
def sweep_proofs() -> None:
    """Find the proofs that nobody has begun."""
    for proof_id in proofs.waiting():
        wake("delivery.prove_balances", proof_id=proof_id)
