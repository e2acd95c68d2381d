"""Mapping items to GL codes: who may, what is refused, what it leaves in the trail, and Xero's lists taken over."""

from decimal import Decimal

import pytest

from clubledger.bookkeeping.chart import Account, Chart, Organisation, TaxRate, TrackingOption
from clubledger.clubs.access import NotAllowed
from clubledger.clubs.models import AuditEvent, Role
from clubledger.ledger.errors import CodeTaken, LedgerError, MappingError, NotOfThisClub, UnusableAccount, WrongTaxType
from clubledger.ledger.journals import states
from clubledger.ledger.mapping import chart, items
from clubledger.ledger.models import FinancialItem, GLCode, JobCode, Journal, TaxCode
from tests.fixtures_clubs import add_member, make_club
from tests.ledger.mapping_day import WORKED_DAY, add_chart
from tests.ledger.oracle import Books

ACCOUNTS = (
    Account("a-200", "200", "Memberships", "REVENUE", "REVENUE", default_tax_type="OUTPUT"),
    Account("a-611", "611", "Subscriptions control", "CURRENT", "ASSET"),
    Account("a-090", "090", "Bank", "BANK", "ASSET"),
    Account("a-xxx", "", "Bank without code", "BANK", "ASSET"),
)
ORGANISATION = Organisation("o", "Banksia Park")
RATES = (
    TaxRate("OUTPUT", "GST on Income", Decimal(10), applies_to=frozenset({"REVENUE"})),
    TaxRate("INPUT", "GST on Expenses", Decimal(10), applies_to=frozenset({"EXPENSE"})),
)


@pytest.fixture
def day(books: Books) -> Books:
    books.bring(*WORKED_DAY)
    return books


def take_over(books: Books, accounts: tuple[Account, ...] = ACCOUNTS) -> chart.Changes:
    return chart.apply_accounts(club=books.club, actor=books.owner, accounts=accounts, tax_rates=RATES)


def map_to(books: Books, code: str, item: FinancialItem, **more: object) -> FinancialItem:
    gl_code = GLCode.objects.of(books.club).get(code=code)
    return items.map_item(club=books.club, actor=books.owner, item_id=item.pk, gl_code_id=gl_code.pk, **more)  # type: ignore[arg-type]


def test_codes_never_seen_before_become_items_without_mapping(day: Books) -> None:
    assert [(item.kind, item.code) for item in items.unmapped(club=day.club)] == [
        ("account_type", "HOUSE"), ("account_type", "PRIZE"), ("account_type", "SUBS"),
        ("charge", "FULL7"), ("charge", "POSCLR"), ("charge", "PRIZES"), ("charge", "SURCH"),
        ("payment_method", "CARD"),
    ]  # fmt: skip


def test_a_job_never_seen_before_becomes_a_job_code(books: Books) -> None:
    books.bring("I-1,invoice,2026-07-01,SUBS,FULL7,5.00,,Golf")
    assert [(job.code, job.option_id) for job in JobCode.objects.of(books.club)] == [("Golf", "")]


def test_mapping_is_kept_in_the_trail_with_what_was_before(day: Books) -> None:
    take_over(day)
    item = day.item("charge", "FULL7")
    map_to(day, "200", item, tax_type="OUTPUT")
    event = AuditEvent.objects.of(day.club).get(action="mapping.changed")
    assert event.subject == "charge:FULL7"
    assert (event.before["gl_code"], event.after["gl_code"], event.after["tax_type"]) == (None, "200", "OUTPUT")


def test_a_validated_journal_that_holds_the_item_is_open_again(day: Books) -> None:
    take_over(day)
    ids = [day.journals()[0].pk]
    states.move(club=day.club, journal_ids=ids, from_states=["open"], to_state="valid")
    map_to(day, "200", day.item("charge", "FULL7"), tax_type="OUTPUT")
    assert day.journals()[0].state == "open"


@pytest.mark.parametrize(
    ("item", "gl_code", "tax_type", "error"),
    [
        ("payment_method:CARD", "090", "", UnusableAccount),
        ("charge:FULL7", "200", "INPUT", WrongTaxType),
        ("charge:FULL7", "200", "NOSUCH", WrongTaxType),
        ("account_type:SUBS", "611", "OUTPUT", WrongTaxType),
    ],
)
def test_it_refuses(day: Books, item: str, gl_code: str, tax_type: str, error: type[LedgerError]) -> None:
    kind, code = item.split(":")
    take_over(day)
    with pytest.raises(error):
        map_to(day, gl_code, day.item(kind, code), tax_type=tax_type)
    assert day.item(kind, code).gl_code is None


def test_another_clubs_codes_are_not_there(day: Books) -> None:
    other = make_club("other", "Other")
    owner = add_member(other, Role.OWNER)
    theirs = items.add_gl_code(club=other, actor=owner, code="200", name="Theirs")
    with pytest.raises(NotOfThisClub):
        items.map_item(club=day.club, actor=day.owner, item_id=day.item("charge", "FULL7").pk, gl_code_id=theirs.pk)
    with pytest.raises(NotOfThisClub):
        items.map_item(club=other, actor=owner, item_id=day.item("charge", "FULL7").pk, gl_code_id=theirs.pk)


def test_several_are_mapped_all_or_none(day: Books) -> None:
    take_over(day)
    codes = dict(GLCode.objects.of(day.club).values_list("code", "pk"))
    wanted = [
        items.Wanted(day.item("charge", "FULL7").pk, codes["200"], "OUTPUT"),
        items.Wanted(day.item("payment_method", "CARD").pk, codes["090"]),
    ]
    with pytest.raises(UnusableAccount):
        items.map_items(club=day.club, actor=day.owner, wanted=wanted)
    assert day.item("charge", "FULL7").gl_code is None


@pytest.mark.parametrize("role", [Role.ACCOUNTS, Role.VIEWER])
def test_only_who_may_configure_maps_and_adds_codes(day: Books, role: Role) -> None:
    actor = add_member(day.club, role)
    with pytest.raises(NotAllowed):
        items.add_gl_code(club=day.club, actor=actor, code="200", name="Memberships")
    with pytest.raises(NotAllowed):
        items.add_job_code(club=day.club, actor=actor, code="Golf", name="")
    add_chart(day.club, day.owner)
    with pytest.raises(NotAllowed):
        items.map_item(
            club=day.club,
            actor=actor,
            item_id=day.item("charge", "FULL7").pk,
            gl_code_id=GLCode.objects.of(day.club).get(code="200").pk,
        )


def test_codes_are_added_once_and_must_say_something(books: Books) -> None:
    add = {"club": books.club, "actor": books.owner}
    items.add_gl_code(**add, code=" 200 ", name="Memberships")  # type: ignore[arg-type]
    added = items.add_gl_code(**add, code="2\n1", name="Bar\r\nfood")  # type: ignore[arg-type]
    assert str(added) == "2 1 Bar food"
    with pytest.raises(CodeTaken, match="There is a GL code 200 already"):
        items.add_gl_code(**add, code="200", name="Again")  # type: ignore[arg-type]
    for code, name in (("", "No code"), ("12345678901", "Too long"), ("201", " ")):
        with pytest.raises(MappingError):
            items.add_gl_code(**add, code=code, name=name)  # type: ignore[arg-type]
    items.add_job_code(**add, code="Golf", name="Golf")  # type: ignore[arg-type]
    with pytest.raises(CodeTaken):
        items.add_job_code(**add, code="Golf", name="")  # type: ignore[arg-type]


def test_xeros_accounts_are_compared_then_taken_over(day: Books) -> None:
    items.add_gl_code(club=day.club, actor=day.owner, code="200", name="By hand")
    map_to(day, "200", day.item("charge", "FULL7"))
    told = chart.compare_accounts(club=day.club, accounts=ACCOUNTS, tax_rates=RATES)
    assert (told.new, GLCode.objects.of(day.club).count()) == (["611 Subscriptions control", "090 Bank"], 1)
    take_over(day)
    assert day.item("charge", "FULL7").gl_code == GLCode.objects.of(day.club).get(account_id="a-200")
    assert TaxCode.objects.of(day.club).get(tax_type="OUTPUT").applies_to == ["REVENUE"]
    later = (
        Account("a-200", "205", "Member fees", "REVENUE", "REVENUE"),
        Account("a-611", "611", "Subscriptions control", "CURRENT", "ASSET", status="ARCHIVED"),
    )
    changes = take_over(day, later)
    assert changes.renamed == [("200 Memberships", "205 Member fees")]
    assert (changes.archived, changes.gone) == (["611 Subscriptions control"], ["090 Bank"])
    item = day.item("charge", "FULL7")
    assert item.gl_code is not None
    assert item.gl_code.code == "205", "an account is known by Xero's id: a renamed code stays mapped"
    assert GLCode.objects.of(day.club).get(account_id="a-090").status == "GONE"


def test_codes_swapped_in_xero_stay_with_their_accounts(day: Books) -> None:
    take_over(day)
    swapped = (
        Account("a-200", "611", "Memberships", "REVENUE", "REVENUE"),
        Account("a-611", "200", "Subscriptions control", "CURRENT", "ASSET"),
        ACCOUNTS[2],
    )
    take_over(day, swapped)
    codes = dict(GLCode.objects.of(day.club).values_list("account_id", "code"))
    assert codes == {"a-200": "611", "a-611": "200", "a-090": "090"}


def test_tracking_options_are_linked_by_name_then_known_by_id(books: Books) -> None:
    books.bring("I-1,invoice,2026-07-01,SUBS,FULL7,5.00,,Golf")
    options = (TrackingOption("c", "Department", "o-1", "golf"), TrackingOption("c", "Department", "o-2", "Bar"))
    changes = chart.apply_tracking(club=books.club, actor=books.owner, options=options)
    assert (changes.new, changes.confirmed, changes.unchanged) == (["Bar"], ["Golf"], 0)
    assert JobCode.objects.of(books.club).get(code="Golf").option_id == "o-1"
    renamed = (TrackingOption("c", "Department", "o-1", "Golf course"),)
    changes = chart.apply_tracking(club=books.club, actor=books.owner, options=renamed)
    assert (changes.renamed, changes.gone) == ([("golf", "Golf course")], ["Bar"])
    assert JobCode.objects.of(books.club).get(option_id="o-1").code == "Golf", "the source system's word stays"


def mapped_day(books: Books) -> FinancialItem:
    """Rows of one charge that state tax, none, nothing; with a job of their own and without; on two valid days."""
    add_chart(books.club, books.owner)
    books.bring(
        "I-1,invoice,2026-07-01,SUBS,FULL7,110.00,10.00",
        "I-2,invoice,2026-07-01,SUBS,FULL7,7.00,0.00",
        "I-3,credit_note,2026-07-02,SUBS,FULL7,22.00,,Golf",
        "I-4,invoice,2026-07-02,SUBS,SURCH,5.00,0.00",
    )
    item = books.item("charge", "FULL7")
    items.add_job_code(club=books.club, actor=books.owner, code="Bar", name="")
    map_to(books, "200", item, tax_type="OUTPUT", untaxed_tax_type="EXEMPTOUTPUT")
    Journal.objects.of(books.club).update(state="valid")
    return books.item("charge", "FULL7")


@pytest.mark.parametrize(
    ("change", "told", "opened"),
    [
        (("200", "OUTPUT", "EXEMPTOUTPUT", ""), None, []),
        (("616", "OUTPUT", "EXEMPTOUTPUT", ""), (2, "139.00"), [1, 2]),
        (("200", "INPUT", "EXEMPTOUTPUT", ""), (2, "132.00"), [1, 2]),
        (("200", "OUTPUT", "BASEXCLUDED", ""), (1, "7.00"), [1]),
        (("200", "OUTPUT", "EXEMPTOUTPUT", "Bar"), (1, "117.00"), [1]),
        (("200", "BASEXCLUDED", "EXEMPTOUTPUT", ""), (2, "139.00"), [1, 2]),
        (("200", "OUTPUT", "BASEXCLUDED", "Bar"), (1, "117.00"), [1]),
    ],
    ids=["nothing", "gl code", "tax type", "untaxed type", "job", "no tax at all", "untaxed type and job"],
)
def test_only_what_moves_is_said_to_and_opens_its_journals(
    books: Books, change: tuple[str, str, str, str], told: tuple[int, str] | None, opened: list[int]
) -> None:
    item = mapped_day(books)
    TaxCode.objects.of(books.club).create(club=books.club, tax_type="INPUT", name="INPUT", rate=10, status="ACTIVE")
    gl_code, tax_type, untaxed, job = change
    code = GLCode.objects.of(books.club).get(code=gl_code)
    job_id = JobCode.objects.of(books.club).get(code=job).pk if job else None
    wanted = [items.Wanted(item.pk, code.pk, tax_type, untaxed, job_id)]
    found = items.effects_of(club=books.club, wanted=wanted)
    assert found == ({item.pk: (told[0], Decimal(told[1]))} if told else {})
    items.map_items(club=books.club, actor=books.owner, wanted=wanted)
    assert [one.accounting_date.day for one in books.journals() if one.state == "open"] == opened


def codes_of(books: Books) -> dict[str, tuple[str, str]]:
    rows = GLCode.objects.of(books.club).values_list("account_id", "code", "status")
    return {account_id: (code, status) for account_id, code, status in rows}


def test_an_account_renumbered_to_a_code_entered_by_hand_has_it(day: Books) -> None:
    take_over(day)
    items.add_gl_code(club=day.club, actor=day.owner, code="999", name="By hand")
    map_to(day, "999", day.item("charge", "FULL7"))
    renumbered = (Account("a-200", "999", "Memberships", "REVENUE", "REVENUE"), *ACCOUNTS[1:])
    changes = take_over(day, renumbered)
    assert changes.renamed == [("200 Memberships", "999 Memberships")]
    assert changes.gone == ["999 By hand"], "what it meant is another account's code now, and a person maps anew"
    assert codes_of(day)["a-200"] == ("999", "ACTIVE")
    assert codes_of(day)[""] == ("999-2", "GONE")
    assert take_over(day, renumbered).count == 0


@pytest.mark.parametrize("status", ["ARCHIVED", "DELETED"])
def test_an_account_in_use_has_its_code_before_one_that_is_not(day: Books, status: str) -> None:
    take_over(day)
    out_of_use = Account("a-200", "200", "Memberships", "REVENUE", "REVENUE", status=status)
    anew = (out_of_use, Account("a-new", "200", "Member fees", "REVENUE", "REVENUE"), *ACCOUNTS[1:])
    changes = take_over(day, anew)
    assert changes.new == ["200 Member fees"]
    assert codes_of(day)["a-new"] == ("200", "ACTIVE")
    assert codes_of(day)["a-200"] == ("200-2", "GONE" if status == "DELETED" else "ARCHIVED")
    assert take_over(day, anew).count == 0, "told once"
    assert Chart(ORGANISATION, accounts=anew[::-1]).account_by_code["200"].account_id == "a-new"


def test_an_option_made_anew_in_xero_goes_on_under_its_job_code(books: Books) -> None:
    def retrieve(*options: tuple[str, str]) -> chart.Changes:
        made = [TrackingOption("c", "Department", option_id, name) for option_id, name in options]
        return chart.apply_tracking(club=books.club, actor=books.owner, options=made)

    retrieve(("o-1", "Golf"))
    assert retrieve(("o-2", "Golf")).restored == ["Golf"]
    assert JobCode.objects.of(books.club).get().option_id == "o-2"
    retrieve()
    assert retrieve(("o-3", "Golf")).restored == ["Golf"]
    # The word stays with the option that was renamed; others of that name are told apart.
    retrieve(("o-3", "Bowls"), ("o-4", "Golf"))
    retrieve(("o-3", "Bowls"), ("o-4", "Tennis"), ("o-5", "Golf"))
    found = dict(JobCode.objects.of(books.club).values_list("option_id", "code"))
    assert found == {"o-3": "Golf", "o-4": "Golf (Department)", "o-5": "Golf (Department)-2"}
