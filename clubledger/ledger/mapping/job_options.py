"""Job codes that Xero calls otherwise: a person says which tracking option a code of the source system stands for."""

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.ledger.errors import MappingError, NotOfThisClub
from clubledger.ledger.journals.states import touch
from clubledger.ledger.models import TAKES_IN, JobCode, JournalTotal


def options_of(*, club: Club) -> list[JobCode]:
    """Return one job code for each tracking option in use: the one that bears its name, if any does."""
    rows = JobCode.objects.of(club).filter(status="ACTIVE").exclude(option_id="").order_by("category_name", "code")
    found: dict[str, JobCode] = {}
    for row in rows:
        if row.option_id not in found or row.code == row.option_name:
            found[row.option_id] = row
    return list(found.values())


def can_be_linked(job: JobCode, options: list[JobCode]) -> bool:
    """Whether a person may choose its option: it has none in use, or goes by that of another code."""
    return job.status != "ACTIVE" or not job.option_id or all(job.pk != option.pk for option in options)


@transaction.atomic
def link_job(*, club: Club, actor: User, job_id: int, like: str) -> JobCode:
    """Let a job code stand for the option of the job code `like`; journals that hold it are to be validated again.

    Queued and sent journals are frozen and stay as they are. Raises NotAllowed, NotOfThisClub, and MappingError for a
    code that stands for an option of its own already.
    """
    access.require(club=club, actor=actor, permission=Permission.CONFIGURE)
    access.lock_club(club)
    job: JobCode | None = JobCode.objects.of(club).filter(pk=job_id).first()
    options = options_of(club=club)
    option = next((one for one in options if one.code == like and one.pk != job_id), None)
    if job is None:
        raise NotOfThisClub(gettext("There is no such job code."))
    if option is None:
        raise NotOfThisClub(gettext("No option in use in Xero has the job code %(code)s.") % {"code": like})
    if not can_be_linked(job, options):
        raise MappingError(
            gettext("Job code %(code)s stands for an option of its own in Xero.") % {"code": job.code}
        )  # fmt: skip
    before = {"category": job.category_name, "option": job.option_name}
    job.category_id, job.category_name = option.category_id, option.category_name
    job.option_id, job.option_name, job.status = option.option_id, option.option_name, option.status
    job.save()
    held = JournalTotal.objects.filter(journal__club=club, journal__state__in=TAKES_IN)
    held = held.filter(Q(job=job.code) | Q(job="", item__default_job=job))
    touch(set(held.values_list("journal_id", flat=True)))
    audit.note(
        club=club,
        actor=actor,
        action="mapping.job_code_linked",
        subject=job.code,
        summary=f"Job code {job} now stands for {job.category_name}: {job.option_name}.",
        before=before,
        after={"category": job.category_name, "option": job.option_name},
    )
    return job
