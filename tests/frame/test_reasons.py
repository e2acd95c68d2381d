"""Why somebody does a thing: blanks are no reason, and a page that was only opened has asked nothing yet."""

import pytest
from django.test import RequestFactory

from clubledger.frame.reasons import Reason

BLANK = {"reason": " \n"}
GIVEN = {"reason": " Entered by hand. "}


def test_a_page_that_is_opened_misses_nothing():
    reason = Reason.of(RequestFactory().get("/", GIVEN))
    assert (reason.text, reason.is_given, reason.fields) == ("", False, {"reason": "", "is_missing": False})


@pytest.mark.parametrize(("form", "is_given"), [({}, False), (BLANK, False), (GIVEN, True)])
def test_a_form_that_is_sent_needs_more_than_blanks(form, is_given):
    reason = Reason.of(RequestFactory().post("/", form))
    assert reason.is_given is is_given
    assert reason.fields == {"reason": form.get("reason", ""), "is_missing": not is_given}


def test_blanks_around_a_reason_are_shown_again_and_not_kept():
    reason = Reason.of(RequestFactory().post("/", GIVEN))
    assert (reason.typed, reason.text) == (" Entered by hand. ", "Entered by hand.")


def test_a_page_that_a_form_opens_has_asked_once_the_form_has_the_field():
    opened, blank, given = (
        Reason.of_second_form(RequestFactory().post("/", form)) for form in ({"journal": "3"}, BLANK, GIVEN)
    )
    assert [one.fields["is_missing"] for one in (opened, blank, given)] == [False, True, False]
    assert [one.is_given for one in (opened, blank, given)] == [False, False, True]
