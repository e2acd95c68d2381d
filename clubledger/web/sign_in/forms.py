"""The forms of signing in as allauth has them, in the words of the rest of the pages (settings.ACCOUNT_FORMS)."""

from typing import Any

from allauth.account import forms as allauth_forms
from django.forms import Field
from django.utils.translation import gettext_lazy as _

BAD_EMAIL = _("This is not an e-mail address. One looks like name@example.com.")
LABELS = {
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("New password, once more"),
}


def _put_email(field: Field) -> None:
    field.label = _("E-mail address")
    field.error_messages["invalid"] = BAD_EMAIL
    field.widget.attrs.pop("placeholder", None)


def _put_passwords(fields: dict[str, Field]) -> None:
    for name, label in LABELS.items():
        if name in fields:
            fields[name].label = label
            fields[name].widget.attrs.pop("placeholder", None)


class LoginForm(allauth_forms.LoginForm):  # type: ignore[misc]
    """Signs in by e-mail address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _put_email(self.fields["login"])


class ResetPasswordForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    """Asks for the address that a link goes to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _put_email(self.fields["email"])


class ChangePasswordForm(allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    """Changes a password that one has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _put_passwords(self.fields)


class SetPasswordForm(allauth_forms.SetPasswordForm):  # type: ignore[misc]
    """Sets a first password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _put_passwords(self.fields)


class ResetPasswordKeyForm(allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """Sets a password by a link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _put_passwords(self.fields)
