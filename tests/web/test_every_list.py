"""Every list of the club's pages: each head sorts it both ways, its file stands alike, and what is missing comes last.

The table of lists is held against the pages: a table that is in neither of the two below fails, and so does a head that
sorts by something the table does not know.
"""

import csv
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clubledger.changeover import staff_keys
from clubledger.changeover.models import Changeover, StaffKey
from clubledger.clubs import invitations, keys
from clubledger.clubs.models import ApiKey, Club, Invitation, Membership, Role, User
from clubledger.delivery.models import Delivery, SendRun
from clubledger.ledger.models import (
    FinancialItem,
    GLCode,
    Import,
    JobCode,
    Journal,
    JournalLine,
    JournalTotal,
    Posting,
    RefusedRow,
    SourceLine,
    SourceTransaction,
    TaxCode,
)
from clubledger.xero.models import Authorisation, Connection, TokenSet, XeroApp
from tests.fixtures_clubs import add_member, make_club, make_user

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Listed:
    """A list: its page, and for each head the column of its file that shows what the head sorts by.

    A head's column may be None where the file says it in other words. `mark` finds the rows of the page by a text that
    stands in the column `known_by` of the file too.
    """

    page: str
    mark: str
    heads: dict[str, int | None]
    known_by: int = 0
    by: str = "sort"
    query: dict[str, str] = field(default_factory=dict)
    args: tuple[str, ...] = ()
    is_of_club: bool = True
    is_of_staff: bool = False


LISTS = {
    "home": Listed(
        "home", r'<a href="/c/[^"?]*">([^<]+)</a></td>',
        {"club": 0, "role": 1, "organisation": 2, "state": 3, "oldest": 4, "unsent": 5, "helped": 6}, is_of_club=False,
    ),
    "transactions": Listed(
        "transactions", r">(T-\d)</a>", {"date": 0, "transaction": 2, "kind": None, "member": 4, "amount": 6},
        known_by=2,
    ),
    "transactions of an import": Listed(
        "transactions", r">(T-\d)</a>", {"date": 0, "transaction": 2, "kind": None, "member": 4, "amount": 6},
        known_by=2,
        query={"import": "1"},
    ),
    "imports": Listed(
        "imports", r">(\w\.csv)",
        {"at": 0, "file": 1, "by": 3, "new": 4, "already": 5, "corrected": 6, "refused": 8, "state": None}, known_by=1,
    ),
    "send runs": Listed(
        "send-runs", r"</a></td><td[^>]*>([^<]*)</td>",
        {"at": 0, "who": 1, "dates": 2, "journals": 4, "debit": 5, "sent": 6}, known_by=1,
    ),
    "gl codes": Listed(
        "gl-codes", r'<a href="[^"]*">(20\d)</a>',
        {"code": 0, "name": 1, "used": None, "debit": 8, "credit": 9, "state": None},
    ),
    "one gl code": Listed(
        "gl-code", r'<td[^>]*><a href="[^"]*from=(\d{4}-\d\d-\d\d)',
        {"month": 0, "debit": 1, "credit": 2, "debit_unsent": 5, "credit_unsent": 6}, args=("gl_code",),
    ),
    "job codes": Listed(
        "job-codes", r"<td[^>]*>(Job \d)",
        {"code": 0, "category": 2, "option": 3, "charges": 5, "debit": 6, "credit": 7, "state": None},
    ),
    "charges": Listed(
        "charges", r"<b>(CH\w+)</b>", {"code": 1, "gl_code": 2, "tax_type": 3, "job": 5},
        known_by=1,
    ),
    "account types": Listed("account-types", r"<b>(AC\w+)</b>", {"code": 1, "gl_code": 2}, known_by=1),
    "payment methods": Listed("payment-methods", r"<b>(PM\w+)</b>", {"code": 1, "gl_code": 2}, known_by=1),
    "who has authorised": Listed(
        "general-ledger", r'<td[^>]*>([^<]*)</td><td[^>]*>[^<]*</td><td[^>]*data-label="App"',
        {"person": 0, "organisation": 2, "app": 3, "authorised": 4, "sent": 5, "state": 6},
    ),
    "users": Listed(
        "users", r'<a href="[^"]*/users/\d+/">([^<]*)</a>',
        {"name": 0, "role": 2, "xero": None, "second_step": None, "signed_in": 5, "state": 6},
    ),
    "invitations": Listed(
        "users", r"<td[^>]*>([^<]*@elsewhere[^<]*)</td>",
        {"email": 0, "role": 1, "by": 2, "until": 5}, by="invited", query={"table": "invitations"},
    ),
    "api keys": Listed(
        "api-keys", r"<td[^>]*>(Key[^<]*)<",
        {"name": 0, "may": 2, "acts_for": 3, "made": 4, "used": 5, "state": 7},
    ),
    "gst, tax types": Listed(
        "gst-check", r"<td[^>]*>([^<]+)<small>(?:Sales|Purchases)",
        {"type": 2, "gross": 3, "documents": 4, "unsent": 9, "stated": 5, "xero": 6, "difference": 8},
        known_by=2, by="types", query={"period": "2026-07-01"},
    ),
    "gst, documents": Listed(
        "gst-check", r">(D-\d)</a></td>",
        {"transaction": 0, "member": 2, "dated": 3, "on": 4, "tax": 5},
        by="documents", query={"period": "2026-07-01", "table": "documents"},
    ),
    "gst, journals": Listed(
        "gst-check", r">(J-9\d)</a></td>",
        {"date": 0, "journal": 2, "tax_type": 6, "stated": 9, "xero": 10, "difference": 12},
        known_by=2, query={"period": "2026-07-01", "table": "journals"},
    ),
    "journals": Listed(
        "gl", r'<a href="[^"]*journals/\d+/">([^<]+)</a>',
        {"date": 0, "number": None, "transactions": 3, "lines": 4, "debit": 5, "state": None},
        known_by=2, query={"from": "days of the books", "show": "all"},
    ),
    "lines of a journal": Listed(
        "journal", r'line=line-[^"]*">(\d+)</a>',
        {"code": 1, "job": 3, "tax_type": 4, "debit": 6, "credit": 7, "cents": None, "rows": 11},
        known_by=1, args=("journal",),
    ),
    "refused rows": Listed(
        "import", r"<td[^>]*>(R-\d)</td>", {"line": 0, "transaction": 1, "column": 2, "reason": 4},
        known_by=1, args=("of_import",),
    ),
    "console, clubs": Listed(
        "console-clubs", r'<a href="/console/clubs/[^"?]+">([^<]+)</a>',
        {"club": 1, "connection": None, "oldest": 7, "changeover": None}, known_by=1, is_of_staff=True,
    ),
    "console, changeovers": Listed(
        "console-changeovers", r'<a href="/console/changeovers/\d+/">([^<]+)</a>',
        {"club": 1, "state": None, "authorised": 14, "at": 9, "since": 6}, known_by=1, is_of_staff=True,
    ),
    "console, apps": Listed(
        "console-apps", r'<a href="/console/apps/\d+/">([^<]+)</a>',
        {"app": 0, "certified": None, "tier": 7, "clubs": 4, "people": 5, "connections": 6, "state": 8},
        is_of_staff=True,
    ),
    "console, keys": Listed(
        "console-keys", r"<td[^>]*>(Desk[^<]*)</td>", {"name": 0, "acts_for": 2, "made": 3, "used": 4, "state": 6},
        is_of_staff=True,
    ),
    "console, what fails": Listed(
        "console-fleet", r"<td[^>]*>(Cause [^<]*)</td>", {"state": 0, "cause": 1, "journals": 2, "clubs": 3},
        known_by=1, is_of_staff=True,
    ),
    "audit trail": Listed(
        "audit-trail", r'data-label="No\.">(\d+)</td>', {"number": 0},
    ),
}  # fmt: skip
HOSTILE = ["password", "--name", "-", "pk", "user__password", "<script>", "1;--", "\x00"]


@pytest.fixture
def full(club, owner):
    """A club with a few of everything, some of it without what lists show of the others."""
    app = XeroApp.objects.create(name="App", client_id="id", redirect_uri="http://localhost/xero/callback", scopes="")
    Connection.objects.of(club).create(club=club, app=app, tenant_id="t", organisation_name="Banksia Inc")
    TaxCode.objects.of(club).create(club=club, tax_type="OUTPUT", name="GST on Income", rate=10, status="ACTIVE")
    for number, name in enumerate(("ada", "Bob", "Cy")):
        _people(club, owner, number, name)
        _authorised(club, app, number, User.objects.get(name=name))
        _codes(club, number)
        _books(club, number, User.objects.get(name=name))
        _gst(club, number)
        _lines(club, number)
        other = make_club(f"other-{number}", ("wattle", "Acacia", "Grevillea")[number])
        Membership.objects.create(club=other, user=owner, role=(Role.VIEWER, Role.OWNER, Role.ACCOUNTS)[number])
        if number:
            Connection.objects.of(other).create(
                club=other, app=app, tenant_id=f"t{number}", organisation_name=f"{'aB'[number - 1]} Inc"
            )
            Journal.objects.of(other).create(club=other, accounting_date=date(2026, 9, number), debit_minor=100)
    return club


def _people(club, owner, number, name):
    now, role = timezone.now(), (Role.VIEWER, Role.ACCOUNTS, Role.OWNER)[number]
    person = add_member(club, role, f"{name}@banksiapark.example".lower())
    seen = None if name == "Bob" else now - timedelta(days=number)
    User.objects.filter(pk=person.pk).update(name=name, last_login=seen)
    Membership.objects.filter(user=person).update(is_active=name != "Cy")
    email = f"{9 - number}@elsewhere.example"
    invitations.invite(club=club, actor=owner, email=email, role=role)
    Invitation.objects.of(club).filter(email=email).update(
        expires_at=now + timedelta(days=number), sent_at=None if number else now, invited_by=person
    )
    made, _secret = keys.create(club=club, actor=owner, name=f"Key {'bca'[number]}", may_import=number == 1)
    ApiKey.objects.of(club).filter(pk=made.pk).update(
        last_used_at=None if number == 2 else now - timedelta(hours=number),
        revoked_at=None if number else now,
        acts_for=owner if number else person,
    )


def _authorised(club, app, number, person):
    now = timezone.now()
    tokens = TokenSet.objects.create(
        app=app, xero_user_id=f"u{number}", access_token="a", refresh_token="r", access_expires_at=now, refreshed_at=now
    )
    Authorisation.objects.of(club).create(
        user=person, club=club, app=app, token_set=tokens, tenant_id="t", organisation_name=f"{'bAc'[number]} Inc",
        authorised_at=now - timedelta(days=3 - number), last_sent_at=None if number == 1 else now,
        ended_at=now if number == 2 else None, ended_because="expired" if number == 2 else "",
    )  # fmt: skip


def _codes(club, number):
    code = GLCode.objects.of(club).create(
        club=club, code=f"{202 - number}", name=("fees", "Bar", "Carts")[number], account_type="REVENUE",
        status=("ACTIVE", "ARCHIVED", "GONE")[number], account_id=f"a{number}",
    )  # fmt: skip
    job = JobCode.objects.of(club).create(
        club=club, code=f"Job {number}", option_id="" if number == 2 else f"o{number}",
        category_name=("Department", "", "area")[number], option_name=("Golf", "", "Bar")[number],
    )  # fmt: skip
    for kind, mark in (("account_type", "AC"), ("payment_method", "PM")):
        FinancialItem.objects.of(club).create(
            club=club, kind=kind, code=f"{mark}{(number + 1) % 3}", gl_code=None if number == 1 else code
        )
    for place in range(number + 1):
        FinancialItem.objects.of(club).create(
            club=club, kind="charge", code=f"CH{number}{place}", gl_code=None if place else code,
            default_job=None if place else job, tax_type=("", "OUTPUT", "INPUT")[number],
        )  # fmt: skip


def _books(club, number, person):
    now = timezone.now()
    Import.objects.of(club).create(
        club=club, actor=person, file_name=f"{'bCa'[number]}.csv", state=("undone", "done", "done")[number],
        transactions_new=number, transactions_already_there=5 - number, transactions_corrected=number % 2,
        transactions_refused=(4, 9, 7)[number], finished_at=now,
    )  # fmt: skip
    first = Import.objects.of(club).order_by("pk").first()
    Import.objects.of(club).filter(pk=first.pk).update(rows_refused=number + 1)
    RefusedRow.objects.of(club).create(
        club=club, of_import=first, line_number=9 - number, source_id=f"R-{(number + 1) % 3}", reason="bAd"[number],
        column=("kind", "", "Amount")[number], fields={},
    )  # fmt: skip
    transaction = SourceTransaction.objects.of(club).create(
        club=club, source="file", source_id=f"T-{(3 - number) % 3}", kind=("payment", "invoice", "refund")[number],
        legs_kind="invoice", accounting_date=date(2026, 11, 9) - timedelta(days=number % 2), content_hash="0",
        member=("ada", "", "Bob")[number], gross_minor=(500, 30, 4_000)[number], of_import=first,
    )  # fmt: skip
    run = SendRun.objects.of(club).create(club=club, actor=person, created_at=now)
    item = FinancialItem.objects.of(club).get(code=f"CH{number}0")
    journal = Journal.objects.of(club).create(
        club=club, accounting_date=timezone.localdate() - timedelta(days=7 * number), debit_minor=(10, 9, 30)[number],
        number=("J-2", "", "J-1")[number], state=("open", "rejected", "valid")[number], sequence=1,
        transaction_count=5 - number, line_count=number % 2, xero_words="Cause d" if number == 1 else "",
    )  # fmt: skip
    Posting.objects.create(transaction=transaction, journal=journal)
    if number < 2:
        JournalTotal.objects.create(
            journal=journal, item=item, is_debit=bool(number), tax_kind="nil", amount_minor=700 * (number + 1),
            row_count=1, job=f"Job {number}",
        )  # fmt: skip
        Delivery.objects.of(club).create(
            club=club, journal=journal, run=run, sender=person, reference=f"R{number}", narration="N",
            dated_on=journal.accounting_date, payload=b"", payload_hash="", queued_at=now, due_at=now, closed_at=now,
            closed_because=("sent", "rejected")[number],
        )  # fmt: skip


def _gst(club, number):
    tax_type = ("OUTPUT", "EXEMPTOUTPUT", "INPUT")[number]
    made = Journal.objects.of(club).create(
        club=club, accounting_date=date(2026, 8, 9 - number), number=f"J-9{(number + 1) % 3}", state="sent"
    )
    JournalLine.objects.create(
        journal=made, position=1, gl_code=GLCode.objects.of(club).get(code="202"), account_code="202",
        account_name="Fees", tax_type=tax_type, amount_minor=(-1_100, -990, 440)[number],
        source_tax_minor=(-100, -110, 40)[number], xero_tax_minor=(-109, -108, 45)[number], row_count=1,
    )  # fmt: skip
    document = SourceTransaction.objects.of(club).create(
        club=club, source="file", source_id=f"D-{(number + 2) % 3}", kind="invoice", legs_kind="invoice",
        accounting_date=made.accounting_date, document_date=date(2026, 6, 1 + number), content_hash="0",
        member=("", "Bob", "ada")[number], gross_minor=100,
    )  # fmt: skip
    item = FinancialItem.objects.of(club).get(code=f"CH{number}0")
    SourceLine.objects.create(
        transaction=document, position=1, account_type=item, item=item, amount_minor=100,
        tax_minor=(9, None, 7)[number],
    )  # fmt: skip


def _lines(club, number):
    journal, _made = Journal.objects.of(club).get_or_create(
        club=club, accounting_date=date(2026, 3, 2), number="J-50", state="sent"
    )
    JournalLine.objects.create(
        journal=journal, position=1 + number, gl_code=GLCode.objects.of(club).get(code=f"{202 - number}"),
        account_code=("200", "300", "100")[number], account_name="Fees", tax_type=("INPUT", "", "OUTPUT")[number],
        amount_minor=(-1_100, 700, 400)[number], row_count=5 - number,
        job_code=JobCode.objects.of(club).get(code="Job 0") if number else None,
    )  # fmt: skip


@pytest.fixture
def staff(full):
    """Somebody of the vendor, and what the console lists."""
    one = make_user("staff@vendor.example", "Sam Staff", is_staff=True)
    for number, tier in enumerate(("core", "enterprise", "starter")):
        app = XeroApp.objects.create(
            name=f"App {'bAc'[number]}", client_id=f"id{number}", redirect_uri="http://localhost/xero/callback",
            scopes="", tier=tier, is_certified=number == 1, status="retired" if number == 2 else "active",
        )  # fmt: skip
        moving = Club.objects.get(slug=f"other-{number}")
        Changeover.objects.of(moving).create(
            club=moving, to_app=app, state=("switched", "planned", "announced")[number], planned_by=one,
            planned_at=timezone.now(), moved_at=timezone.now() - timedelta(hours=number), people_total=3,
            people_done=(2, 0, 1)[number], switch_at=None if number == 2 else timezone.now() + timedelta(days=number),
        )  # fmt: skip
        made, _secret = staff_keys.create(actor=one, name=f"Desk {'bAc'[number]}")
        StaffKey.objects.filter(pk=made.pk).update(last_used_at=None if number else timezone.now())
        for place in range(number + 1):
            Journal.objects.of(moving).create(
                club=moving, accounting_date=date(2026, 5, 1), sequence=place + 1, debit_minor=5,
                state=("rejected", "differs", "rejected")[number], xero_words=f"Cause {'bAc'[number]}",
            )  # fmt: skip
    staff_keys.revoke(actor=one, prefix=made.prefix)
    return one


@pytest.fixture
def client(owner):
    signed_in = Client()
    signed_in.force_login(owner)
    return signed_in


def address(listed, club):
    if not listed.is_of_club:
        return reverse(listed.page)
    if listed.is_of_staff:
        return reverse(listed.page)
    kept = {
        "gl_code": lambda: GLCode.objects.of(club).get(code="202").pk,
        "journal": lambda: Journal.objects.of(club).get(number="J-50").pk,
        "of_import": lambda: Import.objects.of(club).order_by("pk").first().pk,
    }
    return reverse(listed.page, args=[club.slug, *(kept[one]() for one in listed.args)])


def asking(listed, club):
    """Give what the address asks besides: of an import the club's first one, whatever its key."""
    of_import = {"import": Import.objects.of(club).order_by("pk").first().pk} if "import" in listed.query else {}
    of_books = {"from": f"{timezone.localdate() - timedelta(days=20)}", "up_to": f"{timezone.localdate()}"}
    return listed.query | of_import | (of_books if "from" in listed.query else {})


def shown(client, club, listed, **asked):
    answer = client.get(address(listed, club), {**asking(listed, club), **asked})
    assert answer.status_code == 200
    page = answer.content.decode().split("<main", 1)[1]
    return page, [unescape(one) for one in re.findall(listed.mark, page)]


def filed(client, club, listed, **asked):
    answer = client.get(address(listed, club), {**asking(listed, club), **asked, "format": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    titles, *rows = csv.reader(text.splitlines())
    return titles, rows


def value_of(text):
    """Give a cell as what it is: an amount, a time, a day, or words whose case does not count."""
    for read in (Decimal, datetime.fromisoformat, date.fromisoformat):
        try:
            return read(text)
        except (ValueError, InvalidOperation):
            continue
    return text.casefold()


@pytest.fixture
def asker(request, client, name):
    """Who asks for the list: the owner, or the vendor's staff."""
    if not LISTS[name].is_of_staff:
        return client
    signed_in = Client()
    signed_in.force_login(request.getfixturevalue("staff"))
    return signed_in


@pytest.mark.parametrize("name", LISTS)
def test_each_head_sorts_both_ways_and_its_file_alike(asker, full, name):
    listed = LISTS[name]
    page, preset = shown(asker, full, listed)
    assert len(preset) > 2
    linked = re.findall(rf'<th[^>]* aria-sort="[a-z]+"><a href="\?[^"]*\b{listed.by}=-?(\w+)', page)
    known = {head for one in LISTS.values() if (one.page, one.by) == (listed.page, listed.by) for head in one.heads}
    assert set(linked) == known
    for head, column in listed.heads.items():
        for wanted in (head, f"-{head}"):
            _page, rows = shown(asker, full, listed, **{listed.by: wanted})
            assert sorted(rows) == sorted(preset)
            _titles, lines = filed(asker, full, listed, **{listed.by: wanted})
            assert [line[listed.known_by] for line in lines] == rows, f"{wanted}: the file stands otherwise"
            if column is not None:
                cells = [line[column] for line in lines]
                there = [value_of(cell) for cell in cells if cell]
                assert cells[len(there) :] == [""] * (len(cells) - len(there)), f"{wanted}: nothing stands last"
                assert there == sorted(there, reverse=wanted.startswith("-")), f"{wanted}: {there}"


@pytest.mark.parametrize("name", LISTS)
def test_an_order_that_no_list_has_is_answered_as_if_it_had_not_been_asked_for(asker, full, name):
    listed = LISTS[name]
    preset = shown(asker, full, listed)[1]
    for hostile in HOSTILE:
        page, rows = shown(asker, full, listed, **{listed.by: hostile})
        assert rows == preset
        assert "<script>" not in page
        assert filed(asker, full, listed, **{listed.by: hostile}) == filed(asker, full, listed)


def test_the_heads_of_a_page_that_answers_a_form_elsewhere_lead_to_the_page(client, full):
    users = reverse("users", args=[full.slug])
    answer = client.post(reverse("invite", args=[full.slug]), {"email": "nobody", "role": "viewer"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'aria-sort="none"><a href="{users}?sort=role"' in page
    assert f'href="{users}?format=csv"' in page


def test_journals_keep_their_order_through_filters_forms_and_what_is_selected(client, full):
    here = reverse("gl", args=[full.slug])
    asked = {"from": "2026-03-01", "up_to": "2026-11-30", "show": "all", "sort": "-debit", "ticked": "all"}
    page = client.get(here, asked).content.decode()
    assert page.count('<input type="hidden" name="sort" value="-debit">') == 2
    assert re.search(r'href="\?from=2026-03-01&amp;up_to=2026-11-30&amp;show=unsent&amp;sort=-debit"', page)
    # A head keeps the filter and what is selected across pages, and lets the page go.
    assert re.search(r'aria-sort="none"><a href="\?[^"]*show=all&amp;sort=date&amp;ticked=all"', page)
    journal = Journal.objects.of(full).get(number="J-1")
    chosen = {name: asked[name] for name in ("from", "up_to", "show", "sort")} | {"journal": str(journal.pk)}
    answer = client.post(reverse("withdraw", args=[full.slug]), chosen)
    assert "sort=-debit" in answer["Location"]


def test_journals_without_a_number_stand_last_either_way(client, full):
    listed, days = LISTS["journals"], {"from": "2026-01-01", "up_to": f"{timezone.localdate()}"}
    assert shown(client, full, listed, **days, sort="number")[1] == [
        "J-1",
        "J-2",
        "J-50",
        "J-90",
        "J-91",
        "J-92",
        "TBA",
    ]
    assert shown(client, full, listed, **days, sort="-number")[1] == [
        "J-92",
        "J-91",
        "J-90",
        "J-50",
        "J-2",
        "J-1",
        "TBA",
    ]


@pytest.mark.parametrize(
    ("page", "asked", "kept"),
    [
        ("gl-codes", {"show": "usable", "sort": "-name", "q": "e"}, {"show": "usable", "sort": "-name"}),
        ("job-codes", {"sort": "-code", "q": "Job"}, {"sort": "-code"}),
        ("charges", {"gl_code": "202", "unmapped": "", "sort": "-code", "q": "C"}, {"gl_code": "202", "sort": "-code"}),
        ("transactions", {"sort": "-member"}, {"sort": "-member"}),
        ("audit-trail", {"sort": "number"}, {"sort": "number"}),
    ],
)
def test_searching_keeps_filter_and_order_and_sorting_keeps_the_search(client, full, page, asked, kept):
    said = client.get(reverse(page, args=[full.slug]), asked).content.decode()
    form = re.search(r'<form class="search".*?</form>', said, re.DOTALL).group()
    assert dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)) == kept
    for link in re.findall(r'aria-sort="[a-z]+"><a href="\?([^"]*)"', said):
        query = dict(part.split("=") for part in unescape(link).split("&"))
        assert {name: query.get(name, "") for name in asked if name != "sort"} == {
            name: value for name, value in asked.items() if name != "sort"
        }
