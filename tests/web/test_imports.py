"""Import: the page says what stands in a file, the preview what would be refused, the list how the newest ended."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from clubledger.clubs.models import Role
from clubledger.ledger.formats import transactions_v1
from clubledger.ledger.models import Import
from clubledger.web.transactions.imports import FILE_COLUMNS
from tests.fixtures_clubs import add_member, signed_in

pytestmark = pytest.mark.django_db
HERE = "/c/banksia-park/import/"
HEADER = "source_id,kind,accounting_date,account_type,item,amount,member"


@pytest.fixture
def client(club, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return signed_in(club, Role.OWNER)


def make_import(club, state, **fields):
    now = timezone.now()
    return Import.objects.of(club).create(
        club=club, actor=club.memberships.get().user, state=state,
        **{"file_name": "november.csv", "started_at": now, "finished_at": now} | fields,
    )  # fmt: skip


def preview(client, *rows):
    file = SimpleUploadedFile("november.csv", "\n".join([HEADER, *rows, ""]).encode())
    return client.post(f"{HERE}preview/", {"file": file, "source": "file"}).content.decode()


def test_the_page_tells_every_column_of_the_file():
    assert tuple(name for name, _words in FILE_COLUMNS) == transactions_v1.COLUMNS


def test_whoever_may_import_reads_what_stands_in_the_file_and_a_viewer_does_not(client, club):
    assert "What stands in the file" in client.get(HERE).content.decode()
    viewer = Client()
    viewer.force_login(add_member(club, Role.VIEWER))
    assert "What stands in the file" not in viewer.get(HERE).content.decode()


def test_the_preview_names_each_value_for_a_narrow_screen_and_sets_amounts_right(client):
    said = preview(client, "INV-1,invoice,2026-11-09,SUBS,FULL7,1100.00,1042")
    assert "The file reads well" in said
    assert '<td data-label="amount" class="num">1100.00</td>' in said
    assert '<td data-label="member" class="nowrap">1042</td>' in said


def test_the_preview_says_first_what_would_be_refused(client):
    said = preview(client, "INV-1,invoice,2026-11-09,SUBS,FULL7,66.005,1042")
    assert "The file reads well" not in said
    assert "1 fault stands in the first rows already." in said
    assert said.index("it has more than 2 decimals") < said.index("INV-1")


@pytest.mark.parametrize(
    ("state", "fields", "words"),
    [
        ("done", {"transactions_new": 1}, "brought 1 new transaction."),
        ("done", {"transactions_new": 3, "transactions_refused": 2}, "<b>2 were refused.</b>"),
        ("refused", {}, "was not imported."),
        ("undone", {}, "was taken back."),
        ("running", {"finished_at": None}, "is still being read."),
    ],
)
def test_the_list_says_how_the_newest_ended(client, club, state, fields, words):
    make_import(club, state, **fields)
    assert words in client.get(HERE).content.decode()


def test_past_imports_come_as_a_file(client, club):
    make_import(club, "done", transactions_new=3, file_name="=cmd.csv")
    answer = client.get(f"{HERE}?format=csv")
    header, row = b"".join(answer.streaming_content).decode().lstrip("\ufeff").splitlines()
    assert header.startswith("When,File,Source system,By,New,")
    assert ",'=cmd.csv,file," in row
    assert row.endswith(",3,0,0,0,0,Done")
    assert "format=xlsx" in client.get(HERE).content.decode()


def test_a_running_import_says_how_long_it_will_still_take(client, club):
    now = timezone.now()
    running = make_import(
        club, "running", finished_at=None, rows_total=400_000, rows_done=100_000, started_at=now - timedelta(minutes=2),
        seen_at=now,
    )  # fmt: skip
    assert "About 6 minutes left." in client.get(f"{HERE}{running.pk}/progress/").content.decode()
    Import.objects.of(club).update(rows_done=0)
    assert "left" not in client.get(f"{HERE}{running.pk}/progress/").content.decode()


def test_a_file_refused_whole_leads_to_another_one_and_shows_no_row_of_noughts(client, club):
    refused = make_import(club, "refused", refusal="There is no header.")
    said = client.get(f"{HERE}{refused.pk}/").content.decode()
    assert "There is no header." in said
    assert f'<a class="btn primary" href="{HERE}">Choose another file</a>' in said
    assert "Already there" not in said
    assert "Go to GL Integration" not in said


def test_a_file_of_corrections_says_so_first(client, club):
    corrected = make_import(club, "done", transactions_corrected=12)
    said = client.get(f"{HERE}{corrected.pk}/").content.decode()
    assert "12 transactions were corrected, none is new." in said
    assert "0 new" not in said
    assert re.search("The newest import, of [^<]*, corrected 12 transactions.", client.get(HERE).content.decode())
