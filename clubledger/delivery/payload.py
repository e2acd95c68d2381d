"""The exact bytes of a journal for Xero, and how what Xero shows differs from them. Never through a float."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from clubledger.bookkeeping.entry import Entry, Line
from clubledger.bookkeeping.phrases import Figure, phrase
from clubledger.xero import manual_journals
from clubledger.xero.http.answers import ManualJournal


def render(entry: Entry, *, narration: str, url: str) -> bytes:
    """Return the JSON of one manual journal, UTF-8. Everything that has a default in Xero is stated."""
    return manual_journals.write_payload(
        {
            "Narration": narration,
            "Date": entry.dated_on.isoformat(),
            "Status": "POSTED",
            "LineAmountTypes": entry.line_amount_types,
            "ShowOnCashBasisReports": True,
            "Url": url,
            "JournalLines": [_line(line) for line in entry.lines],
        }
    )


def _line(line: Line) -> dict[str, Any]:
    fields: dict[str, Any] = {"LineAmount": line.amount}
    # The id survives a renamed code, so it is what is sent where it is known.
    fields |= {"AccountID": line.account_id} if line.account_id else {"AccountCode": line.account_code}
    fields["TaxType"] = line.tax_type
    if line.description:
        fields["Description"] = line.description
    if line.option_id:
        fields["Tracking"] = [{"TrackingCategoryID": line.category_id, "TrackingOptionID": line.option_id}]
    return fields


def hash_of(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def idempotency_key(tenant_id: str, references: Sequence[tuple[str, int]], body: bytes) -> str:
    """Return the key of a request: of the organisation, each (reference, generation) it carries, and its bytes.

    Xero keeps keys per app and not per organisation, so the organisation is part of it.
    """
    carried = "|".join(f"{reference}#{generation}" for reference, generation in references)
    return hash_of(f"{tenant_id}|{carried}|{hash_of(body)}".encode())


def differences(payload: bytes | memoryview, found: ManualJournal) -> list[str]:
    """Say, in words, each way in which the manual journal in Xero is not what the payload asked for. Empty: equal."""
    asked = json.loads(bytes(payload), parse_float=Decimal, parse_int=Decimal)
    told: list[str] = []
    if found.status != asked["Status"]:
        told.append(phrase("its status is %(status)s", status=found.status))
    if found.date is None or found.date.isoformat() != asked["Date"]:
        told.append(phrase("it is dated %(date)s, not %(asked)s", date=found.date, asked=asked["Date"]))
    if found.narration.strip().casefold() != asked["Narration"].strip().casefold():
        told.append(phrase("its narration is “%(narration)s”", narration=found.narration))
    if found.line_amount_types and found.line_amount_types.casefold() != asked["LineAmountTypes"].casefold():
        told.append(
            phrase(
                "its amounts are %(line_amount_types)s, not %(asked)s",
                line_amount_types=found.line_amount_types,
                asked=asked["LineAmountTypes"],
            )
        )
    told += _line_differences(asked, found)
    told += [phrase("Xero warned: %(warning)s", warning=warning) for warning in found.warnings]
    return told


def _line_differences(asked: dict[str, Any], found: ManualJournal) -> list[str]:
    with_tax = asked["LineAmountTypes"] != "NoTax"
    by_id = all("AccountID" in line for line in asked["JournalLines"])
    wanted = Counter(
        _line_key(
            line["AccountID"] if by_id else line.get("AccountCode", ""),
            line["LineAmount"],
            line["TaxType"] if with_tax else "",
            *[tracking["TrackingOptionID"].lower() for tracking in line.get("Tracking", [])],
        )
        for line in asked["JournalLines"]
    )
    there = Counter(
        _line_key(
            line.account_id if by_id else line.account_code,
            line.amount,
            line.tax_type if with_tax else "",
            *line.tracking,
        )
        for line in found.lines
    )
    names = {line.account_id if by_id else line.account_code: line.account_code for line in found.lines}
    told: list[str] = [phrase("%(line)s is missing", line=_words(key, names)) for key in (wanted - there).elements()]
    return told + [
        phrase("%(line)s was not sent by us", line=_words(key, names)) for key in (there - wanted).elements()
    ]


def _line_key(account: str, amount: Decimal, tax_type: str, *options: str) -> tuple[str, ...]:
    is_whole_cents = amount == round(amount, 2)
    return (account.lower(), f"{amount:.2f}" if is_whole_cents else f"{amount:f}", tax_type, *sorted(options))


def _words(key: tuple[str, ...], names: dict[str, str]) -> str:
    account, amount, tax_type = key[:3]
    values = {"amount": Figure(amount.lstrip("-")), "code": names.get(account, account)}
    if amount.startswith("-"):
        if tax_type:
            return phrase("the credit of %(amount)s on %(code)s with %(tax_type)s", tax_type=tax_type, **values)
        return phrase("the credit of %(amount)s on %(code)s", **values)
    if tax_type:
        return phrase("the debit of %(amount)s on %(code)s with %(tax_type)s", tax_type=tax_type, **values)
    return phrase("the debit of %(amount)s on %(code)s", **values)
