"""E-mails about changeovers: at most one a day to a person for a cause, in their language and the club's time.

A row is written with the step it tells of, claimed before it is sent and never sent again: an e-mail may be lost with
the process that sends it, but never comes twice. What the mail server certainly did not take, and refused only for now,
waits and is tried again a few times.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import pgettext

from clubledger.changeover.models import AFTER, BEFORE, Cause, Changeover, Notice, NoticeState, State, Traveller
from clubledger.clubs import languages, mail
from clubledger.clubs.access import Permission, roles_with
from clubledger.clubs.models import Club, Membership
from clubledger.foundation import clock, crash
from clubledger.foundation.phrasebook import in_readers_words
from clubledger.foundation.wake import wake
from clubledger.xero.connection import standing

BATCH = 100
WHY = "e-mails go out in the order in which they were written, whatever the club"

STILL_TRUE: Mapping[str, tuple[str, ...]] = {
    Cause.PLANNED: (*BEFORE, State.PAUSED),
    Cause.RESCHEDULED: (*BEFORE, State.PAUSED),
    Cause.TOMORROW: BEFORE,
    Cause.SWITCHED: (*AFTER, State.PAUSED, State.DONE),
    Cause.STILL: (*AFTER,),
    Cause.FAILING: (*BEFORE, *AFTER),
    Cause.DONE: (State.DONE,),
    Cause.ROLLED_BACK: (State.ROLLED_BACK,),
    Cause.CALLED_OFF: (State.CALLED_OFF,),
}
"""In which states of the changeover each notice is still worth sending."""

log = structlog.get_logger("clubledger.changeover")


class _MailServerGone(Exception):
    """The connection to the mail server broke: what waits stays waiting."""


def write(changeovers: Sequence[Changeover], cause: str) -> None:
    """Write notices of a cause to the people they concern: those who may authorise; reminders to who has not yet.

    Call it in the database transaction of the step. Who was told of the same cause today is left out; of another time,
    once more, they are told tomorrow, for the one they know of no longer holds.
    """
    by_club = {one.club_id: one for one in changeovers}
    days = _todays([one.club for one in changeovers])
    told_already = _told_today(by_club, days) if cause == Cause.RESCHEDULED else set()
    rows = [
        Notice(
            club_id=club_id,
            changeover=by_club[club_id],
            user_id=user_id,
            cause=cause,
            on=days[club_id] + timedelta(days=1) if (club_id, user_id) in told_already else days[club_id],
        )
        for club_id, user_id in _readers(by_club, cause)
    ]
    # A second notice for the same cause on the same day meets the unique constraint and is left out.
    Notice.objects.across_clubs("written for many clubs at once").bulk_create(
        rows, ignore_conflicts=True, batch_size=1000
    )
    if rows:
        wake("changeover.send_notices")


def letters_of(changeover: Changeover, *, most: int = 100) -> list[Notice]:
    """Return the newest e-mails about a changeover, at most so many."""
    rows = Notice.objects.of(changeover.club).filter(changeover=changeover).select_related("user")
    return list(rows.order_by("-on", "-pk")[:most])


def _todays(clubs: Iterable[Club]) -> dict[int, date]:
    zones: dict[str, date] = {}
    return {club.pk: zones.setdefault(club.time_zone, clock.today_in(club.time_zone)) for club in clubs}


def _told_today(by_club: Mapping[int, Changeover], days: Mapping[int, date]) -> set[tuple[int, int]]:
    """Return (club, person) for whom a notice of another time has left today."""
    rows = Notice.objects.across_clubs("written for many clubs at once").filter(
        club__in=list(by_club), cause=Cause.RESCHEDULED, on__gte=min(days.values())
    )
    gone = rows.exclude(state=NoticeState.WAITING).values_list("club_id", "user_id", "on")
    return {(club_id, user_id) for club_id, user_id, on in gone if on == days[club_id]}


def _readers(by_club: Mapping[int, Changeover], cause: str) -> list[tuple[int, int]]:
    if cause == Cause.STILL:
        waiting = Traveller.objects.across_clubs("reminders of many clubs at once").filter(
            changeover__in=[one.pk for one in by_club.values()], authorised_at=None, excused_at=None
        )
        return list(waiting.order_by("club_id", "user_id").values_list("club_id", "user_id"))
    members = Membership.objects.filter(
        club_id__in=list(by_club),
        role__in=roles_with(Permission.AUTHORISE),
        is_active=True,
        user__is_active=True,
        club__is_active=True,
    )
    return list(members.order_by("club_id", "user_id").values_list("club_id", "user_id"))


def send_waiting(*, limit: int = 1000) -> int:
    """Send the notices that wait, oldest first, on one connection to the mail server a batch. Returns how many.

    Several workers may do it at once: each notice is claimed by a guarded UPDATE before it is sent.
    """
    went = 0
    early: set[int] = set()
    for _batch in range(-(-limit // BATCH)):
        found = list(
            Notice.objects.across_clubs(WHY)
            .filter(Q(due_at=None) | Q(due_at__lte=clock.now()), state=NoticeState.WAITING)
            .exclude(pk__in=early)
            .select_related("club", "user", "changeover", "changeover__to_app", "changeover__from_app")
            .order_by("pk")[:BATCH]
        )
        waiting = [notice for notice in found if notice.on <= clock.today_in(notice.club.time_zone)]
        early |= {notice.pk for notice in found} - {notice.pk for notice in waiting}
        if found and not waiting:
            continue
        if not waiting:
            return went
        post = get_connection()
        try:
            post.open()
        except OSError as error:
            log.warning("changeover.mail_server_unreachable", words=str(error))
            return went
        try:
            went += sum(_send(notice, post) for notice in waiting)
        except _MailServerGone:
            return went
        finally:
            post.close()
    wake("changeover.send_notices")
    return went


def _send(notice: Notice, post: object) -> bool:
    mine = Notice.objects.of(notice.club).filter(pk=notice.pk, state=NoticeState.WAITING)
    if not is_still_true(notice):
        mine.update(state=NoticeState.MOOT)
        return False
    if not mine.update(state=NoticeState.SENDING, claimed_at=clock.now()):
        return False
    crash.point("changeover.after_notice_claim")
    # What it says is what holds now: it may have been given another time while this batch was being sent.
    notice.changeover.refresh_from_db(fields=["switch_at", "state", "trouble"])
    claimed = Notice.objects.of(notice.club).filter(pk=notice.pk, state=NoticeState.SENDING)
    try:
        message(notice, post).send()
    except Exception as error:
        # Whatever the mail server says of one address must not stop the others. Its words name the address: no log's.
        log.warning("changeover.notice_failed", notice=notice.pk, failure=type(error).__name__)
        words = str(error)[:1000]
        if mail.is_temporary(error) and notice.tries < len(mail.AGAIN_AFTER):
            due_at = clock.now() + mail.AGAIN_AFTER[notice.tries]
            claimed.update(state=NoticeState.WAITING, words=words, tries=notice.tries + 1, due_at=due_at)
        else:
            claimed.update(state=NoticeState.FAILED, words=words)
        if mail.is_gone(error):
            raise _MailServerGone from error
        return False
    crash.point("changeover.after_notice_sent")
    claimed.update(state=NoticeState.SENT, sent_at=clock.now(), words="")
    return True


def is_still_true(notice: Notice) -> bool:
    """Whether what a notice says still holds, so that nobody is reminded of what they have just done."""
    changeover: Changeover = notice.changeover
    if changeover.state not in STILL_TRUE[notice.cause]:
        return False
    if notice.cause == Cause.STILL:
        return (
            Traveller.objects.of(notice.club)
            .filter(changeover=changeover, user_id=notice.user_id, authorised_at=None, excused_at=None)
            .exists()
        )
    if notice.cause == Cause.FAILING:
        return bool(changeover.trouble)
    return True


def message(notice: Notice, post: object = None) -> EmailMessage:
    """Return a notice as an e-mail: plain text, the person's language, the club's time, one link to the thing to do."""
    changeover, club = notice.changeover, notice.club
    switch_at = changeover.switch_at.astimezone(ZoneInfo(club.time_zone)) if changeover.switch_at else None
    context = {
        "cause": notice.cause,
        "changeover": changeover,
        "club": club,
        "person": notice.user,
        "organisation": _organisation_of(club),
        "to_app": changeover.to_app,
        "link": f"{settings.CLUBLEDGER_BASE_URL}{reverse('changeover', args=[club.slug])}",
    }
    with translation.override(languages.of_letter(reader=notice.user, club=club)):
        if switch_at is not None:
            context |= {
                "day": date_format(switch_at, pgettext("date pattern", "l j F Y")),
                "time": date_format(switch_at, "H:i"),
            }
        context["trouble"] = in_readers_words(changeover.trouble)
        text = render_to_string("changeover/notice.txt", context)
    subject, _line, body = text.strip().partition("\n")
    return EmailMessage(subject=subject.strip(), body=body.strip() + "\n", to=[notice.user.email], connection=post)  # type: ignore[arg-type]


def _organisation_of(club: Club) -> str:
    connection = standing.current(club=club)
    return connection.organisation_name if connection else ""
