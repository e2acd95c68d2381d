"""The story of one transaction: its versions, the rows it came in with, and the journals it stands in."""

from dataclasses import dataclass

from clubledger.clubs.models import Club
from clubledger.ledger.models import Amendment, Posting, SourceLine, SourceTransaction


@dataclass(frozen=True, slots=True)
class Story:
    """A transaction with all that is known of it."""

    transaction: SourceTransaction
    versions: list[SourceTransaction]
    lines: list[SourceLine]
    postings: list[Posting]
    amendments: list[Amendment]
    reverses: SourceTransaction | None


def of_transaction(*, club: Club, transaction_id: int) -> Story | None:
    """Return the story of a transaction of the club; None where the club has none of this key."""
    everything = SourceTransaction.objects.of(club)
    found: SourceTransaction | None = (
        everything.select_related("of_import__actor").filter(pk=transaction_id).first()
    )  # fmt: skip
    if found is None:
        return None
    of_id = everything.filter(source=found.source, source_id=found.source_id)
    versions = list(of_id.select_related("of_import").order_by("-version"))
    postings = Posting.objects.filter(transaction__in=[version.pk for version in versions])
    reverses = everything.filter(source=found.source, source_id=found.reverses, is_current=True)
    return Story(
        transaction=found,
        versions=versions,
        lines=list(found.lines.select_related("account_type", "item").order_by("position")),
        postings=list(
            postings.select_related("journal__sent_by", "journal__recorded_by", "transaction").order_by("pk")
        ),
        amendments=list(found.amendments.filter(club=club).select_related("actor").order_by("at")),
        reverses=reverses.first() if found.reverses else None,
    )
