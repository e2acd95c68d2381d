"""Configuration → Integration → Changeover: what happens to the club's Xero connection, and what each person has to do.

Also the Owner's leave for the vendor's staff to look at the club.
"""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from clubledger.changeover.errors import ChangeoverError
from clubledger.changeover.models import Changeover, State
from clubledger.changeover.move import check, fence, old_app, steps
from clubledger.changeover.move.story import story_of
from clubledger.clubs import support
from clubledger.clubs.access import ClubAccess, Permission
from clubledger.clubs.models import Role
from clubledger.frame import formats
from clubledger.frame.reasons import Reason
from clubledger.web.page import club_page, general_ledger_trail, link_to, show
from clubledger.web.xero_errors import tell
from clubledger.xero.connection import standing
from clubledger.xero.errors import XeroError


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the club's checklist. `state` is done, now or later."""

    title: str
    words: str
    state: str
    action: str = ""


@require_safe
@club_page()
def changeover(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Show where the club's changeover stands and what each person has to do."""
    row = steps.newest_of(club=access.club)
    if row is None or row.state == State.CALLED_OFF or not row.is_for_the_club:
        # What staff have planned and not announced is still theirs alone.
        return show(
            request, access, "web/connection/no_changeover.html", crumbs=general_ledger_trail(access, _("Changeover"))
        )
    travellers = steps.travellers_of(row)
    connection = standing.current(club=access.club)
    own = standing.standing_of(club=access.club, user=access.user, connection=connection)
    old = old_app.old_authorisations(row) if not row.is_before else []
    empty = check.empty_journals(club=access.club) if row.verified_at else []
    return show(
        request,
        access,
        "web/connection/changeover.html",
        crumbs=general_ledger_trail(access, _("Changeover")),
        row=row,
        sentence=_sentence(access, row, own.kind),
        items=_checklist(access, row, own.kind, len(empty)),
        travellers=travellers,
        standing=own,
        connection=connection,
        changeover=row if row.is_live else None,
        old=old,
        empty=empty,
        in_flight=fence.in_flight(access.club) if old else 0,
        story=story_of(row),
        slots_are_tight=bool(old)
        and row.to_app.takes_a_place
        and row.from_app is not None
        and row.from_app.takes_a_place,
    )


def _sentence(access: ClubAccess, row: Changeover, kind: str) -> tuple[str, str]:
    """Return the page's first sentence, and what it asks of this person (perhaps nothing)."""
    if row.state == State.ROLLED_BACK:
        return _("The club is back on %(app)s; nothing has to be done.") % {"app": row.from_app}, ""
    if row.state == State.DONE:
        return _("The move to %(app)s is done.") % {"app": row.to_app}, ""
    if row.is_before:
        if row.state == State.PAUSED:
            return _("The move to a new Xero app, %(app)s, is paused. You will be told when it goes on.") % {
                "app": row.to_app
            }, ""
        if row.switch_at is None:
            return _("The club moves to a new Xero app, %(app)s, soon.") % {"app": row.to_app}, ""
        when = formats.instant(row.switch_at, access.club.time_zone)
        return _("The club moves to a new Xero app, %(app)s, on %(when)s.") % {"app": row.to_app, "when": when}, ""
    came = _("The club uses the new Xero app, %(app)s.") % {"app": row.to_app}
    if access.may(Permission.AUTHORISE) and kind != "live":
        return came, _("You have still to authorise it.")
    left = row.people_total - row.people_done
    if left > 0:
        return came, ngettext(
            "%(count)s person has still to authorise.", "%(count)s people have still to authorise.", left
        ) % {"count": left}
    return came, ""


def _checklist(access: ClubAccess, row: Changeover, kind: str, empty: int) -> list[Item]:
    zone = access.club.time_zone
    made = [_told(row, zone), _switched(row, zone), _disconnected(row, zone), _authorised(row)]
    made.append(_tested(row, kind, zone))
    if empty:
        words = ngettext(
            "%(count)s older journal is empty: record it, so that it no longer asks for attention.",
            "%(count)s older journals are empty: record them, so that they no longer ask for attention.",
            empty,
        ) % {"count": empty}
        made.append(Item(_("Tidy up"), words, "now", "empty"))
    return made


def _told(row: Changeover, zone: str) -> Item:
    if row.announced_at is None:
        return Item(_("Tell the club"), _("With the switch."), "done")
    return Item(_("Tell the club"), _("By e-mail on %(at)s.") % {"at": formats.instant(row.announced_at, zone)}, "done")


def _switched(row: Changeover, zone: str) -> Item:
    title = _("Switch to the new app")
    if row.switched_at is not None:
        words = _("Since %(at)s. What is queued waits until you have authorised; nothing is lost.")
        return Item(title, words % {"at": formats.instant(row.switched_at, zone)}, "done")
    if row.state == State.PAUSED:
        return Item(title, _("Paused. You can send journals."), "later")
    if row.switch_at is None:
        return Item(title, _("The vendor does this and tells you."), "later")
    words = _("By itself on %(at)s. You can send journals until then.")
    return Item(title, words % {"at": formats.instant(row.switch_at, zone)}, "now")


def _disconnected(row: Changeover, zone: str) -> Item:
    title = _("Disconnect the old app")
    if row.disconnected_at is not None:
        words = _("%(app)s is no longer connected, seen on %(at)s.")
        return Item(title, words % {"app": row.from_app, "at": formats.instant(row.disconnected_at, zone)}, "done")
    if row.is_before:
        return Item(title, _("After the switch."), "later")
    if row.disconnects_itself:
        return Item(title, _("Clubledger does this by itself as soon as nothing is on its way."), "now", "disconnect")
    return Item(
        title, _("Your Xero administrator does this in Xero, or Clubledger does it for you."), "now", "disconnect"
    )


def _authorised(row: Changeover) -> Item:
    title = _("Authorise Xero again")
    if row.is_before:
        return Item(title, _("Each person who sends journals, with their own Xero login, after the switch."), "later")
    words = ngettext(
        "%(done)s of %(total)s person has authorised.",
        "%(done)s of %(total)s people have authorised.",
        row.people_total,
    ) % {"done": row.people_done, "total": row.people_total}
    if not row.people_total:
        return Item(
            title,
            _("Nobody had authorised the old app; one person is enough."),
            "done" if row.verified_at else "now",
            "authorise",
        )
    is_done = 0 < row.people_total <= row.people_done
    return Item(title, words, "done" if is_done else "now", "authorise")


def _tested(row: Changeover, kind: str, zone: str) -> Item:
    title = _("Test it")
    if row.verified_at:
        words = _("Get GL Codes worked on %(at)s.") % {"at": formats.instant(row.verified_at, zone)}
        return Item(title, words, "done")
    is_its_turn = not row.is_before and (row.people_done > 0 or kind == "live")
    return Item(
        title, _("Press Get GL Codes: that it succeeds is the test."), "now" if is_its_turn else "later", "test"
    )


@require_POST
@club_page(Permission.AUTHORISE)
def look(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Ask Xero now whether the old app is still connected."""
    row = steps.live_of(club=access.club)
    try:
        if row is not None:
            old_app.look_in_xero(club=access.club, changeover_id=row.pk, raises=True)
    except ChangeoverError as error:
        messages.warning(request, str(error))
        return _back(access)
    except XeroError as error:
        tell(request, access, error)
        return _back(access)
    left = len(old_app.old_authorisations(row)) if row else 0
    if left:
        words = ngettext(
            "Xero says that %(count)s connection of the old app still stands.",
            "Xero says that %(count)s connections of the old app still stand.",
            left,
        )
        messages.warning(request, words % {"count": left})
    else:
        messages.success(request, _("The old app is no longer connected."))
    return _back(access)


@require_POST
@club_page(Permission.CONFIGURE)
def disconnect(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Disconnect the old app, every person's connection of it, through Xero's API."""
    row = steps.live_of(club=access.club)
    if row is None:
        return _back(access)
    try:
        count = old_app.disconnect_old(club=access.club, actor=access.user, changeover_id=row.pk)
    except ChangeoverError as error:
        messages.warning(request, str(error))
    except XeroError as error:
        tell(request, access, error)
    else:
        words = ngettext(
            "%(count)s connection of the old app was removed in Xero.",
            "%(count)s connections of the old app were removed in Xero.",
            count,
        )
        messages.success(request, words % {"count": count})
    return _back(access)


@require_POST
@club_page(Permission.GET_GL_CODES)
def test_connection(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Get the GL codes: the test that the new connection works."""
    try:
        check.get_gl_codes(club=access.club, actor=access.user)
    except XeroError as error:
        tell(request, access, error)
    else:
        messages.success(request, _("It works: the GL codes were retrieved with the new app."))
    return _back(access)


@require_POST
@club_page(Permission.SEND)
def record_empty(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Record the older empty journals as manually added, in one press."""
    count = check.record_empty(club=access.club, actor=access.user)
    words = ngettext(
        "%(count)s empty journal is recorded. Xero was not touched.",
        "%(count)s empty journals are recorded. Xero was not touched.",
        count,
    )
    messages.success(request, words % {"count": count})
    return _back(access)


def _back(access: ClubAccess) -> HttpResponseBase:
    return redirect(link_to(access, "changeover"))


@require_safe
@club_page()
def support_access(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Show whether the vendor's staff may look at the club, and let an Owner decide."""
    return show(
        request,
        access,
        "web/connection/support.html",
        crumbs=[(_("Configuration"), ""), (_("Security"), "")],
        grant=support.current(club=access.club),
        is_owner=access.role == Role.OWNER,
        lengths=[(1, _("an hour")), (24, _("a day")), (72, _("three days")), (336, _("two weeks"))],
    )


@require_POST
@club_page(Permission.PEOPLE)
def grant_support(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Let the vendor's staff look at the club for a time, or end that."""
    if request.POST.get("end"):
        support.end(club=access.club, actor=access.user)
        messages.success(request, _("The vendor's staff can no longer look at the club."))
        return redirect(link_to(access, "support-access"))
    hours = request.POST.get("hours", "")
    try:
        made = support.grant(
            club=access.club,
            actor=access.user,
            hours=int(hours) if hours.isascii() and hours.isdigit() and len(hours) < 5 else 0,
            reason=Reason.of(request).typed,
        )
    except support.BadLength as error:
        messages.error(request, str(error))
    else:
        until = formats.instant(made.until, access.club.time_zone)
        messages.success(request, _("The vendor's staff may look at the club until %(until)s.") % {"until": until})
    return redirect(link_to(access, "support-access"))
