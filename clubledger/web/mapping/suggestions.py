"""A guess at the GL code of an item, by its name and code, for a person to confirm. Pure: it reads nothing."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LEAST = 0.7
"""Below this nothing much speaks for a candidate: not even one word that begins alike."""
WORD = re.compile(r"[^\W_]+")
LIKELY_CLASSES = {
    "charge": ("REVENUE", "EXPENSE"),
    "account_type": ("ASSET", "LIABILITY"),
    "payment_method": ("ASSET",),
}
SAME = {
    "subs": "subscription", "membership": "subscription", "member": "subscription", "memberships": "subscription",
    "subscriptions": "subscription", "comp": "competition", "fees": "fee", "prizes": "prize", "eftpos": "card",
    "credit": "card", "pos": "clearing", "surch": "surcharge", "bev": "bar", "fb": "bar",
}  # fmt: skip
EMPTY_WORDS = {"the", "of", "and", "for", "a", "to", "day", "7", "other"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A GL code that could be meant."""

    pk: int
    code: str
    name: str
    account_class: str


def words_of(text: str) -> set[str]:
    """Return the telling words of a name or code, in one form each."""
    found = {SAME.get(word, word) for word in WORD.findall(text.lower())}
    return {word for word in found if word not in EMPTY_WORDS and not word.isdigit()}


def suggest(*, kind: str, code: str, name: str, candidates: Iterable[Candidate]) -> Candidate | None:
    """Return the likeliest candidate of the classes that fit the kind; None where nothing speaks for one."""
    wanted = words_of(name) | words_of(code)
    scored: list[tuple[float, str, Candidate]] = []
    for candidate in candidates:
        if candidate.account_class not in LIKELY_CLASSES[kind]:
            continue
        score = _score(wanted, words_of(candidate.name))
        if score >= LEAST:
            scored.append((-score, candidate.code, candidate))
    return min(scored, key=lambda entry: entry[:2])[2] if scored else None


def _score(wanted: set[str], offered: set[str]) -> float:
    whole = len(wanted & offered)
    near = sum(any(_near(word, other) for other in offered) for word in wanted - offered)
    return whole + 0.6 * near - 0.05 * len(offered) + (0.35 if near and not whole else 0)


def _near(word: str, other: str) -> bool:
    return len(word) >= 4 and len(other) >= 4 and (word.startswith(other[:5]) or other.startswith(word[:5]))


def untaxed_partner(tax_type: str, known: Sequence[str]) -> str:
    """Return the tax type for rows without tax that goes with a taxed one, if the organisation has it."""
    wanted = {
        "OUTPUT": "EXEMPTOUTPUT", "OUTPUT2": "ZERORATED", "INPUT": "EXEMPTEXPENSES", "INPUT2": "ZERORATEDINPUT",
        "CAPEXINPUT": "EXEMPTCAPITAL",
    }.get(tax_type, "")  # fmt: skip
    return wanted if wanted in known else ""
