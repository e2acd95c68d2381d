"""A mapping brought in as a file: shown first with what it moves, saved whole or not at all; and what grids offer."""

import re
from datetime import date
from io import BytesIO

import pytest
from django.test import Client

from clubledger.clubs.access import ClubAccess
from clubledger.clubs.models import Role, User
from clubledger.ledger.models import FinancialItem, GLCode, JobCode, Journal, JournalTotal, TaxCode
from clubledger.web.journals.causes import place
from clubledger.web.mapping.form import Change, Choices, checked
from clubledger.xero.models import Connection, XeroApp
from tests.fixtures_clubs import make_club, signed_in

pytestmark = pytest.mark.django_db
FILE = "/c/banksia-park/configuration/mapping/charges/file/"
HEAD = "kind,code,gl_code,tax_type,untaxed_tax_type,job\n"


@pytest.fixture
def club():
    made = make_club()
    for code, of_class, tax in (
        ("200", "REVENUE", "OUTPUT"), ("450", "EXPENSE", "INPUT"), ("611", "ASSET", "BASEXCLUDED"),
    ):  # fmt: skip
        GLCode.objects.of(made).create(
            club=made, code=code, name=f"Account {code}", account_class=of_class, default_tax_type=tax
        )
    for tax, rate, classes in (
        ("OUTPUT", 10, ["REVENUE"]), ("EXEMPTOUTPUT", 0, ["REVENUE"]), ("INPUT", 10, ["EXPENSE"]),
        ("GSTFREEEXP", 0, ["EXPENSE"]), ("BASEXCLUDED", 0, []),
    ):  # fmt: skip
        TaxCode.objects.of(made).create(
            club=made, tax_type=tax, name=f"Rate {tax}", rate=rate, status="ACTIVE", applies_to=classes
        )
    for kind, code in (("charge", "FULL7"), ("charge", "LOCKER"), ("account_type", "SUBS")):
        FinancialItem.objects.of(made).create(club=made, kind=kind, code=code)
    return made


@pytest.fixture
def client(club):
    return signed_in(club, Role.ADMINISTRATOR)


def upload(client, rows, head=HEAD):
    file = BytesIO((head + rows).encode())
    file.name = "mapping.csv"
    return client.post(FILE, {"file": file}, follow=True)


def codes(club):
    rows = FinancialItem.objects.of(club).order_by("kind", "code").values_list("gl_code__code", flat=True)
    return [code or "" for code in rows]


def mapped(club, code, gl, **fields):
    item = FinancialItem.objects.of(club).get(code=code)
    item.gl_code = GLCode.objects.of(club).get(code=gl)
    for name, value in fields.items():
        setattr(item, name, value)
    item.save()
    return item


def test_what_it_changes_is_shown_and_saved_after_that(client, club):
    rows = "charge,FULL7,200,,,\naccount_type,SUBS,611,,,\ncharge,LOCKER,,,,\n"
    answer = upload(client, rows)
    said = answer.content.decode()
    assert "2 items would change. 1 is so already." in said
    assert "200 · OUTPUT · EXEMPTOUTPUT" in said
    assert codes(club) == ["", "", ""]
    answer = client.post(FILE, {"text": HEAD + rows, "seen": answer.context["seen"]}, follow=True)
    assert "2 items saved." in answer.content.decode()
    assert codes(club) == ["611", "200", ""]


def test_what_it_moves_is_said(client, club):
    item = mapped(club, "FULL7", "200", tax_type="OUTPUT")
    journal = Journal.objects.of(club).create(club=club, accounting_date="2026-11-09")
    JournalTotal.objects.create(
        journal=journal, item=item, is_debit=False, tax_kind="stated", amount_minor=412_050, row_count=1
    )
    said = upload(client, "charge,FULL7,450,INPUT,,\n").content.decode()
    assert "moves 4,120.50 in 1 open journal" in said


def test_one_line_that_can_not_be_taken_keeps_all_back(client, club):
    rows = "charge,FULL7,200,,,\ncharge,LOCKER,200,INPUT,,\ncharge,NOBODY,200,,,\ncharge,FULL7,450,,,\n"
    answer = upload(client, rows)
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "3 lines can’t be taken" in said
    assert "Xero does not allow Rate INPUT on 200" in said
    assert "There is no such item" in said
    assert "It stands in line 2 already." in said
    client.post(FILE, {"text": HEAD + rows, "seen": answer.context["seen"]})
    assert codes(club) == ["", "", ""]


def test_what_was_changed_in_between_is_shown_again(client, club):
    rows = "charge,FULL7,200,,,\n"
    seen = upload(client, rows).context["seen"]
    mapped(club, "FULL7", "450")
    said = client.post(FILE, {"text": HEAD + rows, "seen": seen}).content.decode()
    assert "1 item would change." in said
    assert codes(club) == ["", "450", ""]


@pytest.mark.parametrize("head", ["kind,code\n", "kind,code,gl_code,colour\n", "\0", "\xff"])
def test_a_file_of_another_kind_is_refused_whole(client, club, head):
    said = upload(client, "", head=head).content.decode()
    assert "notice error" in said
    assert "No file" not in said


def test_the_downloaded_file_comes_back_as_it_left(client, club):
    mapped(club, "FULL7", "200", tax_type="OUTPUT")
    FinancialItem.objects.of(club).create(club=club, kind="charge", code="=SUM")
    answer = client.get("/c/banksia-park/configuration/charges/?format=csv")
    text = b"".join(answer.streaming_content).decode()
    said = client.post(FILE, {"text": text}).content.decode()
    assert "The file changes nothing" in said


def test_the_grid_offers_tax_types_of_the_accounts_class_alone(client, club):
    mapped(club, "FULL7", "450", tax_type="INPUT")
    row = next(
        row
        for row in client.get("/c/banksia-park/configuration/charges/").context["rows"]
        if row.item.code == "FULL7"
    )  # fmt: skip
    assert {tax.tax_type for tax in row.taxes} == {"INPUT", "GSTFREEEXP", "BASEXCLUDED"}


def test_where_only_one_untaxed_type_will_do_it_is_filled_in(club):
    item = FinancialItem.objects.of(club).get(code="FULL7")
    change = checked(Change(item, "450"), Choices.of(club))
    assert (change.tax_type, change.untaxed_tax_type, change.error) == ("INPUT", "GSTFREEEXP", "")
    TaxCode.objects.of(club).create(
        club=club, tax_type="OTHERFREE", name="Other", rate=0, status="ACTIVE", applies_to=["EXPENSE"]
    )
    assert checked(Change(item, "450"), Choices.of(club)).untaxed_tax_type == ""


def test_tax_types_that_nobody_touched_do_not_follow_to_an_account_that_may_not_bear_them(club):
    item = mapped(club, "FULL7", "200", tax_type="OUTPUT", untaxed_tax_type="EXEMPTOUTPUT")
    change = checked(Change(item, "450", "OUTPUT", "EXEMPTOUTPUT"), Choices.of(club))
    assert (change.tax_type, change.untaxed_tax_type, change.error) == ("INPUT", "GSTFREEEXP", "")


@pytest.mark.parametrize(
    "form", [{"accept": "²:200"}, {"accept": f"{'9' * 5000}:200"}, {"item": ["9" * 30]}, {"item": ["9" * 5000]}]
)
def test_a_grid_posted_with_keys_that_are_none_changes_nothing(client: Client, club, form) -> None:
    assert client.post("/c/banksia-park/configuration/charges/", form).status_code == 302
    assert codes(club) == ["", "", ""]


GRID = "/c/banksia-park/configuration/charges/"


def grid(club, **typed):
    """Return what a grid of charges posts: every row with what it was, and what was typed by code."""
    rows = FinancialItem.objects.of(club).filter(kind="charge")
    form = {"item": [row.pk for row in rows]}
    for row in rows:
        form |= {f"was-{row.pk}": "|||", f"gl-{row.pk}": typed.get(row.code, "")}
    return form


def test_a_suggestion_that_is_taken_loses_nothing_typed_elsewhere(client, club):
    locker = FinancialItem.objects.of(club).get(code="LOCKER")
    answer = client.post(GRID, grid(club, FULL7="200") | {"accept": f"{locker.pk}:200"}, follow=True)
    assert "2 items saved." in answer.content.decode()
    assert codes(club) == ["", "200", "200"]


def test_a_row_that_can_not_be_taken_is_told_at_the_top_and_in_focus(client, club):
    answer = client.post(GRID, grid(club, FULL7="200", LOCKER="999") | {"set": "typed"})
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "Nothing was saved yet: 1 row can’t be taken as it is." in said
    focused = [line for line in said.splitlines() if " autofocus" in line]
    assert len(focused) == 1
    assert 'aria-label="GL code of LOCKER"' in focused[0]
    assert 'value="200"' in said  # what was typed in the good row stands there still
    assert codes(club) == ["", "", ""]


def test_columns_that_a_file_lacks_leave_what_was_there(client, club):
    golf = JobCode.objects.of(club).create(club=club, code="Golf")
    mapped(club, "FULL7", "200", tax_type="BASEXCLUDED", untaxed_tax_type="EXEMPTOUTPUT", default_job=golf)
    assert "The file changes nothing" in upload(client, "charge,FULL7,200\n", "kind,code,gl_code\n").content.decode()
    said = upload(client, "charge,FULL7,200,OUTPUT\n", "kind,code,gl_code,tax_type\n").content.decode()
    assert "200 · OUTPUT · EXEMPTOUTPUT · Golf" in said


def test_what_spreadsheets_make_of_a_file_is_read(client, club):
    rows = "\r\ncharge;FULL7;200;;;\r\n;;;;;;;\r\ncharge;LOCKER;999;;;\r\n"
    said = upload(client, rows, HEAD.replace(",", ";").strip() + "\r\n").content.decode()
    assert "1 item would change." in said
    assert "There is no GL code 999." in said
    assert 'data-label="Line">5</td>' in said, "lines are the file's own"
    said = upload(client, "charge,FULL7,200,200\n", "kind,code,gl_code,gl_code\n").content.decode()
    assert "each once" in said


def test_a_code_with_a_blank_is_taken_whole_with_its_name_or_without(client, club):
    GLCode.objects.of(club).create(club=club, code="2 B", name="Bar", account_class="REVENUE")
    for typed in ("2 B", "2 B Bar"):
        mapped(club, "FULL7", "200", tax_type="OUTPUT")
        client.post(GRID, grid(club, FULL7=typed) | {"confirmed": "1"})
        assert codes(club)[1] == "2 B"


@pytest.fixture
def unregistered(club):
    app = XeroApp.objects.create(name="App", client_id="id", redirect_uri="http://localhost/xero/callback", scopes="")
    Connection.objects.of(club).create(club=club, app=app, tenant_id="t", pays_tax=False, sales_tax_basis="NONE")


def test_a_club_that_is_not_registered_gets_no_tax_type(client, club, unregistered):
    mapped(club, "LOCKER", "200", tax_type="OUTPUT", untaxed_tax_type="EXEMPTOUTPUT")
    said = client.get(GRID).content.decode()
    assert "Tax type" not in said
    assert 'name="tax-' not in said
    answer = client.post(GRID, grid(club, FULL7="200", LOCKER="200") | {"confirmed": "1"}, follow=True)
    assert "2 items saved." in answer.content.decode()
    full, locker = FinancialItem.objects.of(club).filter(kind="charge").order_by("code")
    assert (full.tax_type, full.untaxed_tax_type) == ("", "")
    assert (locker.tax_type, locker.untaxed_tax_type) == ("OUTPUT", "EXEMPTOUTPUT"), "kept for a club that registers"
    answer = upload(client, "charge,FULL7,200,OUTPUT,,\n")
    assert answer.status_code == 422
    assert "its charges get no tax type" in answer.content.decode()


def test_a_job_code_that_the_grid_does_not_show_stays(client, club):
    golf = JobCode.objects.of(club).create(club=club, code="Golf", status="ARCHIVED")
    item = mapped(club, "FULL7", "200", tax_type="OUTPUT", untaxed_tax_type="EXEMPTOUTPUT", default_job=golf)
    row = next(row for row in client.get(GRID).context["rows"] if row.item == item)
    form = {"item": [item.pk], f"was-{item.pk}": row.was, f"gl-{item.pk}": "200", f"tax-{item.pk}": "OUTPUT"}
    form[f"untaxed-{item.pk}"] = "EXEMPTOUTPUT"
    assert "Nothing was changed." in client.post(GRID, form, follow=True).content.decode()
    form |= {f"gl-{item.pk}": "450", f"tax-{item.pk}": "", f"untaxed-{item.pk}": ""}
    assert "1 item saved." in client.post(GRID, form, follow=True).content.decode()
    item.refresh_from_db()
    assert (item.gl_code.code, item.default_job) == ("450", golf)


def test_days_before_the_cut_over_are_not_said_to_move(client, club):
    item = mapped(club, "FULL7", "200", tax_type="OUTPUT")
    for on in ("2026-06-30", "2026-07-01"):
        journal = Journal.objects.of(club).create(club=club, accounting_date=on)
        JournalTotal.objects.create(
            journal=journal, item=item, is_debit=False, tax_kind="stated", amount_minor=100_00, row_count=1
        )
    assert "moves 200.00 across 2 open journals" in upload(client, "charge,FULL7,450,INPUT,,\n").content.decode()
    club.post_from = date(2026, 7, 1)
    club.save()
    assert "moves 100.00 in 1 open journal" in upload(client, "charge,FULL7,450,INPUT,,\n").content.decode()


def test_an_account_that_no_journal_can_use_leads_to_all_that_uses_it(client, club):
    mapped(club, "SUBS", "611")
    _label, link = place(ClubAccess(club, User.objects.get(), Role.ADMINISTRATOR), "account:611")
    assert "1 account type" in client.get(link).content.decode()


def test_a_tax_type_that_is_out_of_use_is_not_changed_by_saving_another_row(client, club):
    item = mapped(club, "FULL7", "200", tax_type="TAX001", untaxed_tax_type="INPUT")
    said = client.get(GRID).content.decode()
    assert '<option value="TAX001" selected>TAX001' in said
    assert '<option value="INPUT" selected>Rate INPUT' in said
    locker = FinancialItem.objects.of(club).get(code="LOCKER")
    form = {"item": [item.pk, locker.pk]}
    for name, value in re.findall(r'name="((?:was|gl|tax|untaxed)-[0-9]+)" value="([^"]*)"', said):
        form[name] = value
    for name, options in re.findall(r'<select name="((?:tax|untaxed)-[0-9]+)"(.*?)</select>', said, re.S):
        form[name] = (re.findall(r'value="([^"]*)" selected', options) or [""])[0]
    client.post(GRID, form | {f"gl-{locker.pk}": "200"})
    item.refresh_from_db()
    assert (item.tax_type, item.untaxed_tax_type) == ("TAX001", "INPUT")
    assert FinancialItem.objects.of(club).get(code="LOCKER").gl_code.code == "200"


def test_what_moves_is_said_with_what_else_changes(client, club):
    JobCode.objects.of(club).create(club=club, code="Golf")
    item = mapped(club, "FULL7", "200", tax_type="OUTPUT", untaxed_tax_type="EXEMPTOUTPUT")
    journal = Journal.objects.of(club).create(club=club, accounting_date="2026-11-09")
    JournalTotal.objects.create(
        journal=journal, item=item, is_debit=False, tax_kind="stated", amount_minor=412_050, row_count=1
    )
    form = {"item": [item.pk], f"was-{item.pk}": "x", f"gl-{item.pk}": "200", f"tax-{item.pk}": "OUTPUT"}
    said = client.post(GRID, form | {f"untaxed-{item.pk}": "BASEXCLUDED", f"job-{item.pk}": "Golf"}).content.decode()
    assert "200 Account 200, Rate EXEMPTOUTPUT, –</td>" in said
    assert "200 Account 200, Rate BASEXCLUDED, Golf</td>" in said
    assert "moves 4,120.50 in 1 open journal" in said
