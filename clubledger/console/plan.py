"""Console → Changeovers → Plan: one club, all clubs of a filter, or the rows of a file."""

from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from clubledger.changeover.errors import NotPlannable
from clubledger.changeover.fleet.clubs import names_of
from clubledger.changeover.waves import capacity, files, plan
from clubledger.clubs.models import User
from clubledger.console.page import show, staff_page
from clubledger.xero.connection import registration

MOST_BYTES = 5_000_000
SHOWN = 12


class ClockInput(forms.TimeInput):
    """A time of day as browsers ask for it, shown again as it was entered."""

    input_type = "time"


class PlanForm(forms.Form):
    """A wave: to which app, which clubs, when."""

    name = forms.CharField(label=gettext_lazy("Name of the wave"), max_length=100)
    to_app = forms.ModelChoiceField(
        label=gettext_lazy("New app"),
        queryset=registration.active_apps(),
        empty_label=None,
    )
    whom = forms.ChoiceField(
        label=gettext_lazy("Which clubs"), choices=[("filter", gettext_lazy("Clubs")), ("file", gettext_lazy("A file"))]
    )
    from_app = forms.ModelChoiceField(
        label=gettext_lazy("That use"),
        queryset=registration.apps(),
        required=False,
        empty_label=gettext_lazy("any other app"),
    )
    text = forms.CharField(label=gettext_lazy("With this in their name"), max_length=100, required=False)
    switch_on = forms.DateField(label=gettext_lazy("Switch on"), required=False)
    switch_time = forms.TimeField(
        label=gettext_lazy("At, by each club's own clock"), required=False, widget=ClockInput(format="%H:%M")
    )
    per_hour = forms.IntegerField(label=gettext_lazy("Clubs an hour"), required=False, min_value=1, max_value=100_000)
    file = forms.FileField(label=gettext_lazy("CSV file"), required=False)
    contact = forms.CharField(label=gettext_lazy("Contact for questions"), max_length=200, required=False)
    notes = forms.CharField(
        label=gettext_lazy("Notes, for staff"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    disconnects_itself = forms.BooleanField(required=False)
    announce = forms.BooleanField(required=False)


@dataclass(slots=True)
class _Asked:
    wishes: list[plan.Wish] = field(default_factory=list)
    refusals: list[plan.Refusal] = field(default_factory=list)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def plan_wave(request: HttpRequest, actor: User) -> HttpResponseBase:
    """Ask for a wave, show whom it concerns, and plan it."""
    if request.method != "POST":
        form = PlanForm(initial={"announce": True, "switch_time": time(9, 0), "whom": "filter"})
        return _show(request, actor, form, status=200)
    form = PlanForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, actor, form, status=422)
    try:
        asked = _asked_for(actor, form.cleaned_data)
        # A file names its clubs one by one; a filter is shown first, with how many it finds.
        if form.cleaned_data["whom"] == "filter" and request.POST.get("really") != "1":
            return _show(request, actor, form, status=200, asked=asked)
        made = plan.plan_wave(
            actor=actor,
            to_app=form.cleaned_data["to_app"],
            name=form.cleaned_data["name"],
            wishes=asked.wishes,
            announce=form.cleaned_data["announce"],
            refused=asked.refusals,
        )
    except NotPlannable as error:
        form.add_error(None, str(error))
        return _show(request, actor, form, status=422)
    _tell(request, made)
    crowded = capacity.warning(to_app=form.cleaned_data["to_app"])
    if crowded:
        messages.warning(request, crowded)
    return redirect(f"{reverse('console-changeovers')}?wave={made.wave.pk if made.wave else ''}")


def _asked_for(actor: User, cleaned: dict[str, Any]) -> _Asked:
    if cleaned["whom"] == "file":
        if cleaned["file"] is None or cleaned["file"].size > MOST_BYTES:
            raise NotPlannable(_("Choose a CSV file of at most 5 MB."))
        return _Asked(*files.read_csv(cleaned["file"].read()))
    clubs = plan.clubs_to_move(
        actor=actor, to_app=cleaned["to_app"], from_app=cleaned["from_app"], text=cleaned["text"]
    )
    if not clubs:
        raise NotPlannable(_("No club fits, or all that do are moving already."))
    on: date | None = cleaned["switch_on"]
    wishes = plan.wishes_for(
        clubs,
        switch_on=on,
        switch_time=cleaned["switch_time"],
        per_hour=cleaned["per_hour"],
        contact=cleaned["contact"],
        notes=cleaned["notes"],
        disconnects_itself=cleaned["disconnects_itself"],
    )
    return _Asked(list(wishes))


def _tell(request: HttpRequest, made: plan.Planned) -> None:
    count = len(made.changeovers)
    words = ngettext("%(count)s club is planned.", "%(count)s clubs are planned.", count)
    messages.success(request, words % {"count": count})
    refused = made.refusals
    if refused:
        told = "; ".join(f"{one.label}: {one.reason}" for one in refused[:20])
        more = _(" and %(count)s more") % {"count": len(refused) - 20} if len(refused) > 20 else ""
        messages.warning(request, _("Not planned: %(told)s%(more)s.") % {"told": told, "more": more})


def _show(
    request: HttpRequest, actor: User, form: PlanForm, *, status: int, asked: _Asked | None = None
) -> HttpResponseBase:
    return show(
        request,
        "console/plan.html",
        status=status,
        form=form,
        asked=asked,
        names=_names(actor, asked),
        crowded=_crowded(form, asked),
        columns=", ".join(files.COLUMNS),
    )


def _names(actor: User, asked: _Asked | None) -> list[str]:
    """Name the first of the clubs that would be planned, in their order."""
    return names_of([wish.slug for wish in asked.wishes[:SHOWN]], actor=actor) if asked else []


def _crowded(form: PlanForm, asked: _Asked | None) -> str:
    if asked is None:
        return ""
    return capacity.warning(to_app=form.cleaned_data["to_app"], slugs=[wish.slug for wish in asked.wishes])
