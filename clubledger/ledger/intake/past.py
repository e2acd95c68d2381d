"""What was imported, as pages list it: past imports and the rows that were refused. It changes nothing."""

from collections.abc import Sequence

from django.db.models import OrderBy, QuerySet

from clubledger.clubs.models import Club
from clubledger.ledger.models import Import, RefusedRow


def imports_of(*, club: Club, order: Sequence[str | OrderBy]) -> QuerySet[Import]:
    """Return the club's imports with who began them, in this order."""
    rows: QuerySet[Import] = Import.objects.of(club).select_related("actor").order_by(*order)
    return rows


def newest_of(*, club: Club) -> Import | None:
    """Return the club's newest import; None where there is none."""
    newest: Import | None = Import.objects.of(club).order_by("-pk").first()
    return newest


def find(*, club: Club, import_id: int) -> Import | None:
    """Return an import of the club with who began it; None where the club has none of this key."""
    found: Import | None = Import.objects.of(club).select_related("actor").filter(pk=import_id).first()
    return found


def refused_of(*, club: Club, of_import: Import, order: Sequence[str | OrderBy]) -> QuerySet[RefusedRow]:
    """Return the rows of an import that were refused, in this order."""
    rows: QuerySet[RefusedRow] = RefusedRow.objects.of(club).filter(of_import=of_import).order_by(*order)
    return rows
