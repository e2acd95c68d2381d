"""A guess at a GL code: by name and code, of the classes that fit, or none at all."""

import pytest

from clubledger.web.mapping.suggestions import Candidate, suggest, untaxed_partner, words_of

CHART = [
    Candidate(1, "210", "Full Memberships", "REVENUE"),
    Candidate(2, "220", "Locker Hire", "REVENUE"),
    Candidate(3, "265", "Card Surcharges", "REVENUE"),
    Candidate(4, "450", "Competition Prizes", "EXPENSE"),
    Candidate(5, "611", "Member Subscriptions Control", "ASSET"),
    Candidate(6, "615", "Card Clearing", "ASSET"),
    Candidate(7, "812", "Prize Accounts", "LIABILITY"),
]


@pytest.mark.parametrize(
    ("kind", "code", "name", "expected"),
    [
        ("charge", "LOCKER", "", "220"),
        ("charge", "LOCKER", "Locker hire", "220"),
        ("charge", "SURCH", "Card surcharge", "265"),
        ("charge", "PRIZES", "Competition prizes", "450"),
        ("account_type", "SUBS", "Subscription", "611"),
        ("payment_method", "CARD", "Online card", "615"),
        ("account_type", "PRIZE", "", "812"),
        ("charge", "XYZ", "Something else", None),
        ("payment_method", "LOCKER", "Locker", None),
    ],
)
def test_the_likeliest_of_the_classes_that_fit(kind, code, name, expected):
    found = suggest(kind=kind, code=code, name=name, candidates=CHART)
    assert (found.code if found else None) == expected


def test_the_untaxed_partner_is_offered_only_where_the_organisation_has_it():
    assert untaxed_partner("OUTPUT", ["OUTPUT", "EXEMPTOUTPUT"]) == "EXEMPTOUTPUT"
    assert untaxed_partner("OUTPUT", ["OUTPUT"]) == ""
    assert untaxed_partner("BASEXCLUDED", ["BASEXCLUDED"]) == ""


def test_words_of_any_language_are_whole_words():
    assert words_of("Gebühren_Bewässerung 7") == {"gebühren", "bewässerung"}
