"""Fields of forms: the focus is in the first that is to mend, and what is wrong belongs to its field."""

import re

import pytest
from django import forms
from django.template.loader import render_to_string


class PersonForm(forms.Form):
    name = forms.CharField()
    email = forms.EmailField(widget=forms.EmailInput(attrs={"placeholder": "Email"}))
    code = forms.CharField(max_length=3)


TEMPLATES = ("web/chart/field.html", "web/sign_in/fields.html", "console/field.html")
RIGHT = {"name": "Tess", "email": "tess@banksiapark.example", "code": "210"}


def drawn(template: str, form: forms.Form) -> str:
    if template.endswith("fields.html"):
        return render_to_string(template, {"form": form})
    return "".join(render_to_string(template, {"field": field}) for field in form)


def focused(html: str) -> list[str]:
    found = re.findall(r"<input[^>]*autofocus[^>]*>", html)
    return [re.search(r'name="(\w+)"', one)[1] for one in found]


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_focus_is_in_the_first_field_to_mend(template):
    html = drawn(template, PersonForm(RIGHT | {"email": "tess", "code": "2100"}))
    assert focused(html) == ["email"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_form_that_nobody_has_sent_takes_no_focus(template):
    assert focused(drawn(template, PersonForm())) == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_is_wrong_is_tied_to_its_field(template):
    html = drawn(template, PersonForm(RIGHT | {"code": "2100"}))
    field = re.search(r'<input[^>]*name="code"[^>]*>', html)[0]
    assert 'aria-invalid="true"' in field
    described = re.search(r'aria-describedby="([^"]+)"', field)[1].split()
    assert all(f'id="{name}"' in html for name in described)


def test_a_form_that_asks_for_the_focus_has_it_until_there_is_something_to_mend():
    asked = {"focus": True}
    assert focused(render_to_string("web/sign_in/fields.html", asked | {"form": PersonForm()})) == ["name"]
    form = PersonForm(RIGHT | {"code": ""})
    assert focused(render_to_string("web/sign_in/fields.html", asked | {"form": form})) == ["code"]
