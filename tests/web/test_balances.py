"""The page Balances: the answer first, rows that add up, what Xero says beside, nothing worked out in a request."""

import csv
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client

from clubledger.clubs.models import Role
from clubledger.delivery import proofs
from clubledger.delivery.models import BalanceProof, Reading, Sighting
from clubledger.foundation import clock
from clubledger.ledger.journals import recording
from clubledger.ledger.models import Journal, JournalTotal
from clubledger.ledger.reports import balances
from tests.fixtures_clubs import add_member, make_club, signed_in
from tests.ledger.oracle import SAMPLES, Books
from tests.ledger.test_corrections import send

pytestmark = pytest.mark.django_db
PAGE = "/c/banksia-park/balances/"
FIGURES = r'<td class="num" data-label="[^"]*">([^<]*)</td>'


@pytest.fixture
def now():
    with clock.use(told := clock.SettableClock(datetime(2026, 11, 22, 23, 2, tzinfo=UTC))):
        yield told


@pytest.fixture
def books(tmp_path, now):
    club = make_club()
    return Books(club, add_member(club, "owner"), tmp_path)


@pytest.fixture
def client(books):
    return signed_in(books.club, Role.VIEWER)


def bring(books):
    books.bring("I-1,invoice,2026-11-20,SUBS,FULL,110.00", "P-1,payment,2026-11-22,BAR,CARD,50.00")


def said(client, **asked):
    answer = client.get(PAGE, asked)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def work(books):
    for proof_id in proofs.waiting():
        proofs.run(proof_id=proof_id)


def prove(client, books, now, **form):
    assert client.post(f"{PAGE}prove/", form).status_code == 302
    work(books)
    now.advance(30)


def test_a_club_without_transactions_is_told_what_will_stand_here(client, books):
    page = said(client)
    assert "No transaction has come in yet: there is nothing to prove." in page
    assert "Prove it now" not in page
    client.post(f"{PAGE}prove/")
    assert not BalanceProof.objects.of(books.club).exists()


def test_nothing_is_worked_out_in_a_request(client, books, now, monkeypatch):
    bring(books)
    monkeypatch.setattr(balances, "prove", lambda **_asked: pytest.fail("a request proved"))
    assert "Nothing was proved yet." in said(client)
    answer = client.post(f"{PAGE}prove/", {"at": "2026-11-20"}, follow=True)
    page = unescape(answer.content.decode())
    assert "The balances are being proved" in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert f'data-follow="{PAGE}?at=2026-11-20&part=progress"' in page
    assert "Prove it now" not in page
    assert "data-over" not in said(client, at="2026-11-20", part="progress")
    now.advance(15 * 60)
    page = said(client, at="2026-11-20")
    assert "came to no end" in page
    assert "Prove it now" in page


def test_the_first_sentence_answers(client, books, now):
    bring(books)
    prove(client, books, now)
    assert "Every account type adds up to the cent at 22 Nov 2026, proved today at 10:02 am." in said(client)
    assert "data-over" in said(client, part="progress")
    now.advance(86_400)
    assert "at 22 Nov 2026, proved on 23 Nov 2026, 10:02 am." in said(client)


def test_what_is_off_is_said_first_and_marked_in_its_row(client, books, now):
    bring(books)
    JournalTotal.objects.filter(journal__club=books.club, item__code="SUBS").update(amount_minor=10_680)
    prove(client, books, now)
    page = said(client)
    assert "<b>1 account type is off by 3.20.</b>" in page
    assert len(re.findall(r'<tr class="is-help">', page)) == 1
    assert "Something is lost or counted twice" in page


def test_rows_of_the_page_add_up_to_its_foot_and_each_row_to_itself(client, books, now):
    books.bring_file(SAMPLES / "july.csv")
    books.club.post_from = date(2026, 7, 5)
    books.club.save()
    for number, journal in enumerate(books.journals()):
        if number % 4 == 0:
            send(books, journal)
        elif number % 4 == 1 and journal.accounting_date >= date(2026, 7, 5):
            recording.record_manually(club=books.club, actor=books.owner, journal_ids=[journal.pk], reason="By hand.")
    Journal.objects.of(books.club).filter(pk=books.journals()[4].pk).update(state="differs")
    found = set()
    for at in ("2026-07-03", "2026-07-15", "2026-07-31"):
        prove(client, books, now, at=at)
        body, foot = said(client, at=at).split("<tbody>", 1)[1].split("<tfoot>", 1)
        rows = [amounts(row) for row in body.split("</tr>") if "<td" in row]
        assert [sum(column) for column in zip(*rows, strict=True)] == amounts(foot.split("</tfoot>", 1)[0])
        for opening, moved, closing, sent, recorded, unsent, early, difference in rows:
            assert opening + moved == closing == sent + recorded + unsent + early
            assert difference == 0
            found |= {name for name, value in (("sent", sent), ("recorded", recorded), ("early", early)) if value}
        lines = list(
            csv.reader(b"".join(client.get(PAGE, {"at": at, "format": "csv"})).decode("utf-8-sig").splitlines())
        )
        assert [[Decimal(cell) for cell in line[2:]] for line in lines[1:]] == rows
    assert found == {"sent", "recorded", "early"}


def amounts(html):
    return [Decimal(cell.replace("\N{MINUS SIGN}", "-").replace(",", "")) for cell in re.findall(FIGURES, html)]


def test_it_says_when_more_came_in_since(client, books, now):
    bring(books)
    now.advance(1)
    prove(client, books, now)
    assert "since this was proved" not in said(client)
    books.bring("P-2,payment,2026-11-21,BAR,CARD,5.00")
    assert "since this was proved" in said(client)


def test_it_is_asked_for_once(client, books):
    bring(books)
    client.post(f"{PAGE}prove/")
    answer = client.post(f"{PAGE}prove/", {"at": "2026-11-20"}, follow=True)
    assert "being proved already" in answer.content.decode()
    assert BalanceProof.objects.of(books.club).count() == 1


def test_what_xero_says_stands_beside_it(client, books, now):
    bring(books)
    assert "Xero was never read yet." in said(client)
    first, second = books.journals()
    Journal.objects.of(books.club).filter(pk=first.pk).update(state="sent")
    Journal.objects.of(books.club).filter(pk=second.pk).update(state="differs", xero_words="Line 1 is otherwise.")
    seen_at = now.now() - timedelta(hours=2)
    Reading.objects.of(books.club).create(club=books.club, tenant_id="t", read_at=seen_at)
    alarm = Sighting.objects.of(books.club).create(
        club=books.club, reference="R-7", kind="double", xero_journal_id="x", found={}, seen_at=seen_at
    )
    owner = Client()
    owner.force_login(books.owner)
    page = said(owner)
    assert "1 journal in Xero was read back equal" in page
    assert "<b>1 differs.</b>" in page
    assert f"/gl/journals/{second.pk}/" in page
    assert f"/gl/seen/{alarm.pk}/" in page
    assert "Xero was last read on 23 Nov 2026, 8:02 am." in page
    assert f"/gl/seen/{alarm.pk}/" not in said(client)
