"""What can be done with selected journals: validate, send, record, undo, withdraw, take over; and the progress.

What leaves the club's hands is said with count and amount first; if that is not what the person saw, they are asked.
"""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from clubledger.clubs.access import ClubAccess, Permission
from clubledger.delivery import preflight
from clubledger.delivery.errors import DeliveryError
from clubledger.delivery.sending import queue, runs
from clubledger.frame import formats
from clubledger.frame.reasons import Reason
from clubledger.ledger.errors import LedgerError
from clubledger.ledger.journals import recording
from clubledger.web.journals.integration import is_moving
from clubledger.web.journals.selection import Selection
from clubledger.web.page import club_page, link_to, show
from clubledger.web.xero_errors import tell
from clubledger.xero.connection import standing
from clubledger.xero.errors import XeroError


def _back(access: ClubAccess, chosen: Selection, **more: str) -> HttpResponse:
    return redirect(link_to(access, "gl") + chosen.asked.address(**more))


def _nothing(request: HttpRequest, access: ClubAccess, chosen: Selection) -> HttpResponse:
    messages.warning(request, _("No journal was selected. Tick some, or Select All at the head of the table."))
    return _back(access, chosen)


def _counted(number: int) -> str:
    return ngettext("%(count)s journal", "%(count)s journals", number) % {"count": formats.count(number)}


@require_POST
@club_page(Permission.SEND)
def validate(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Check the selected journals against a chart fetched now, and come back with the valid ones ticked."""
    chosen = Selection.from_form(request, access)
    if not chosen.count:
        return _nothing(request, access, chosen)
    try:
        result = preflight.validate(club=access.club, actor=access.user, journal_ids=chosen.ids)
    except XeroError as error:
        tell(request, access, error)
        return _back(access, chosen)
    except (DeliveryError, LedgerError) as error:
        messages.error(request, str(error))
        return _back(access, chosen)
    valid, checked = len(result.valid_ids), chosen.count
    if valid == checked:
        words = _("%(journals)s checked against Xero's chart of accounts: all valid.")
        messages.success(request, words % {"journals": _counted(checked)})
    else:
        messages.warning(
            request,
            _("%(journals)s checked: %(valid)s valid, %(faulty)s to mend.")
            % {"journals": _counted(checked), "valid": formats.count(valid), "faulty": formats.count(checked - valid)},
        )
    return _back(access, chosen, ticked="valid")


@require_POST
@club_page(Permission.SEND)
def send(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Queue the selected journals; if they are not what the person was told, say what they are and ask."""
    chosen = Selection.from_form(request, access)
    if not chosen.count:
        return _nothing(request, access, chosen)
    if not chosen.is_as_said:
        return show(
            request,
            access,
            "web/journals/confirm_send.html",
            chosen=chosen,
            connection=standing.current(club=access.club),
        )
    try:
        run = queue.send_to_gl(club=access.club, actor=access.user, journal_ids=chosen.ids)
    except XeroError as error:
        tell(request, access, error)
        return _back(access, chosen)
    except (DeliveryError, LedgerError) as error:
        messages.error(request, str(error))
        return _back(access, chosen)
    # All of these days are shown from here on: what was sent would leave a list of what is not in Xero.
    return _back(access, chosen, run=str(run.pk), show="all")


@require_safe
@club_page()
def send_progress(request: HttpRequest, access: ClubAccess, run_id: int) -> HttpResponseBase:
    """Return the progress of a send run as a part of the page."""
    run = runs.find(club=access.club, run_id=run_id)
    if run is None:
        raise Http404
    progress = queue.progress(club=access.club, run=run)
    return render(
        request, "web/journals/progress.html", {"run": run, "progress": progress, "is_moving": is_moving(progress)}
    )


@require_POST
@club_page(Permission.SEND)
def record(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Ask for the reason, then record the selected journals as manually added to GL."""

    def words(number: int) -> str:
        told = _("%(journals)s recorded as manually added. Clubledger has not checked Xero.")
        return told % {"journals": _counted(number)}

    return _with_reason(request, access, "web/journals/record.html", recording.record_manually, words)


@require_POST
@club_page(Permission.UNDO)
def undo_recording(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Ask for the reason, then take the recording of the selected journals back."""

    def words(number: int) -> str:
        told = ngettext("%(count)s journal stands open again.", "%(count)s journals stand open again.", number)
        return told % {"count": formats.count(number)}

    return _with_reason(
        request, access, "web/journals/undo_recording.html", recording.undo_recording, words, show="unsent"
    )


def _with_reason(
    request: HttpRequest,
    access: ClubAccess,
    template: str,
    act: Callable[..., int],
    words: Callable[[int], str],
    **more: str,
) -> HttpResponse:
    chosen = Selection.from_form(request, access)
    if not chosen.count:
        return _nothing(request, access, chosen)
    reason = Reason.of_second_form(request)
    if not reason.is_given or not chosen.is_as_said:
        # With a reason too, if the journals are no longer what was said: then the person is asked again.
        return show(request, access, template, chosen=chosen, reason=reason.typed, is_missing=reason.was_asked)
    try:
        number = act(club=access.club, actor=access.user, journal_ids=chosen.ids, reason=reason.text)
    except LedgerError as error:
        messages.error(request, str(error))
        return _back(access, chosen)
    messages.success(request, words(number))
    return _back(access, chosen, **more)


@require_POST
@club_page(Permission.SEND)
def withdraw(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Take queued journals back before they are sent."""

    def words(number: int) -> str:
        return ngettext(
            "%(journals)s withdrawn; nothing of it was sent.",
            "%(journals)s withdrawn; nothing of them was sent.",
            number,
        )

    return _queued(request, access, queue.withdraw, words)


@require_POST
@club_page(Permission.SEND)
def take_over(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Send queued journals of somebody who can't any more under the present person's authorisation."""

    def words(number: int) -> str:
        return ngettext(
            "%(journals)s taken over: it goes out under your authorisation.",
            "%(journals)s taken over: they go out under your authorisation.",
            number,
        )

    return _queued(request, access, queue.take_over, words)


def _queued(
    request: HttpRequest, access: ClubAccess, act: Callable[..., int], words: Callable[[int], str]
) -> HttpResponseBase:
    chosen = Selection.from_form(request, access)
    if not chosen.count:
        return _nothing(request, access, chosen)
    try:
        number = act(club=access.club, actor=access.user, journal_ids=chosen.ids)
    except XeroError as error:
        tell(request, access, error)
    except (DeliveryError, LedgerError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, words(number) % {"journals": _counted(number)})
        if left := chosen.count - number:
            # Such as one that a worker sent in the meantime: nobody may read that it was taken back.
            told = ngettext(
                "%(count)s of the selected journals stays as it is: see its state.",
                "%(count)s of the selected journals stay as they are: see their states.",
                left,
            )
            messages.warning(request, told % {"count": formats.count(left)})
    return _back(access, chosen)
