"""Choosing the tracking option that a job code of the source system stands for."""

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clubledger.clubs.access import ClubAccess, Permission
from clubledger.ledger.errors import LedgerError
from clubledger.ledger.mapping import codes, job_options
from clubledger.web.page import club_page, link_to


@require_POST
@club_page(Permission.CONFIGURE)
def link_job_code(request: HttpRequest, access: ClubAccess, job_id: int) -> HttpResponseBase:
    """Let a job code stand for the option of another one, which was typed or chosen."""
    if not codes.has_job_code(club=access.club, job_id=job_id):
        raise Http404
    like = request.POST.get("option", "").strip()[:100]
    try:
        job = job_options.link_job(club=access.club, actor=access.user, job_id=job_id, like=like)
    except LedgerError as error:
        messages.error(request, str(error))
    else:
        words = _("Job code %(code)s now stands for %(category)s: %(option)s.")
        told = {"code": job.code, "category": job.category_name, "option": job.option_name}
        messages.success(request, words % told)
    return redirect(link_to(access, "job-codes"))
