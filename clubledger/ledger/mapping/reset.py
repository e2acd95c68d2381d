"""What a change of organisation makes void in the books: the mapping, and what Xero knew of the club's codes."""

from django.db import transaction

from clubledger.bookkeeping.phrases import counted
from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.ledger.mapping import items
from clubledger.ledger.mapping.chart import GONE
from clubledger.ledger.models import FinancialItem, GLCode, JobCode, TaxCode


@transaction.atomic
def forget_chart(*, club: Club, actor: User) -> int:
    """Take every item's mapping away, and take the codes for unknown to Xero; returns how many items have to be mapped.

    Journals that hold them are open again. Codes stay: Get GL Codes finds those of the next organisation again by code,
    Get Categories by name. What was mapped where stays in the audit trail, item by item. Raises NotAllowed.
    """
    access.require(club=club, actor=actor, permission=Permission.CONFIGURE)
    access.lock_club(club)
    mapped = FinancialItem.objects.of(club).exclude(gl_code=None).order_by("kind", "code")
    emptied = items.map_items(
        club=club, actor=actor, wanted=[items.Wanted(item.pk, None, default_job_id=None) for item in mapped]
    )
    GLCode.objects.of(club).exclude(account_id="").update(account_id="", status=GONE)
    TaxCode.objects.of(club).update(status=GONE)
    JobCode.objects.of(club).exclude(option_id="").update(
        option_id="", option_name="", category_id="", category_name="", status="ACTIVE"
    )
    audit.note(
        club=club,
        actor=actor,
        action="mapping.forgotten",
        subject="all items",
        summary=f"The mapping of {counted(len(emptied), 'item', 'items')} has to be given again:"
        " the organisation in Xero changes.",
    )
    return len(emptied)
