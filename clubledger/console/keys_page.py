"""Console → API Keys: keys of the vendor's support desk. Making one, shown once, and ending it."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from clubledger.changeover import staff_keys
from clubledger.changeover.errors import ChangeoverError
from clubledger.clubs.models import User
from clubledger.console.doors import show, staff_page


class KeyForm(forms.Form):
    """A new key."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("What will use it, such as Support desk.")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def keys(request: HttpRequest, actor: User) -> HttpResponseBase:
    """List the keys; a POST makes one and shows its secret, this once."""
    form = KeyForm(request.POST or None)
    secret, made = "", None
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = staff_keys.create(actor=actor, name=form.cleaned_data["name"])
        except ChangeoverError as error:
            form.add_error("name", str(error))
        else:
            form = KeyForm()
    rows = [{"key": key, "works": staff_keys.works(key)} for key in staff_keys.listed(actor=actor)]
    return show(
        request,
        "console/keys.html",
        status=422 if form.errors else 200,
        form=form,
        rows=rows,
        live=sum(1 for row in rows if row["works"]),
        secret=secret,
        made=made,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def revoke_key(request: HttpRequest, actor: User, prefix: str) -> HttpResponseBase:
    """Ask once more, then end a key."""
    found = (key for key in staff_keys.listed(actor=actor) if key.prefix == prefix and key.revoked_at is None)
    key = next(found, None)
    if key is None:
        raise Http404
    if request.method == "POST":
        staff_keys.revoke(actor=actor, prefix=prefix)
        messages.success(request, _("The key %(name)s opens nothing any more.") % {"name": key.name})
        return redirect("console-keys")
    return show(request, "console/revoke_key.html", key=key)
