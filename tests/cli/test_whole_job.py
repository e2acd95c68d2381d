"""The whole job by commands alone, against the running simulator: from an empty folder to journals in Xero, once."""

import json
import urllib.request
from collections import defaultdict
from urllib.parse import quote

import pytest

from tests.cli.browser import consent
from tests.cli.programs import clubledger, free_port, own_settings, running, status_of, wait_for

pytestmark = pytest.mark.processes
ORGANISATION = "Banksia Park Golf Club Inc"
TESS, OLIVE = "tess@banksiapark.example", "olive@banksiapark.example"
FILE = """source_id,kind,accounting_date,account_type,item,amount,tax_amount,job,member,description
INV-1,invoice,2026-07-01,SUBS,FULL7,1100.00,100.00,Golf,1042,"Full 7-day, 2026/27"
INV-2,invoice,2026-07-01,SUBS,SURCH,11.00,1.00,,1042,Card surcharge
PAY-1,payment,2026-07-01,SUBS,CARD,1111.00,,,1042,Online card payment
PRZ-1,prize,2026-07-01,PRIZE,PRIZES,50.00,,,1042,Saturday Stableford
POS-1,pos_sale,2026-07-01,HOUSE,POSCLR,22.00,,,1042,Bar
INV-3,invoice,2026-07-02,HOUSE,LOCKER,66.00,6.00,,1042,Locker 12
PAY-2,payment,2026-07-03,HOUSE,CARD,44.00,,,1042,Top-up
"""
BAD_ROW = "BAD-1,invoice,2026-07-02,SUBS,FULL7,10.005,,,1042,Three decimals\n"
MAPPING = """kind,code,gl_code,tax_type,untaxed_tax_type,job
account_type,SUBS,611,,,
account_type,PRIZE,812,,,
account_type,HOUSE,811,,,
payment_method,CARD,615,,,
charge,FULL7,210,OUTPUT,EXEMPTOUTPUT,Golf
charge,SURCH,265,OUTPUT,EXEMPTOUTPUT,
charge,PRIZES,450,BASEXCLUDED,BASEXCLUDED,
charge,POSCLR,616,BASEXCLUDED,BASEXCLUDED,
"""
IN_XERO = {
    ("2026-07-01", "611"): 0,
    ("2026-07-01", "210"): -100000,
    ("2026-07-01", "265"): -1000,
    ("2026-07-01", "820"): -10100,
    ("2026-07-01", "615"): 111100,
    ("2026-07-01", "450"): 5000,
    ("2026-07-01", "812"): -5000,
    ("2026-07-01", "811"): 2200,
    ("2026-07-01", "616"): -2200,
    ("2026-07-02", "811"): 6600,
    ("2026-07-02", "220"): -6000,
    ("2026-07-02", "820"): -600,
}


@pytest.fixture(scope="module")
def club(tmp_path_factory):
    """An installation with a club and its people, and a running simulator; returns what runs a command on it."""
    folder = tmp_path_factory.mktemp("job")
    environment = own_settings(folder / "var", free_port(), free_port())
    environment |= {"CLUBLEDGER_CLUB": "banksia-park", "CLUBLEDGER_AS": TESS}
    (folder / "july.csv").write_text(FILE + BAD_ROW, encoding="utf-8")
    (folder / "mapping.csv").write_text(MAPPING, encoding="utf-8")
    simulator = f"http://localhost:{environment['SIMULATOR_PORT']}"
    log = folder / "simulator.log"
    with running(environment, "xero_simulator", "--store", str(folder / "sim.db"), log=log):
        wait_for(lambda: status_of(f"{simulator}/_sim/health") == 200, "the simulator", log)
        yield Installation(environment, folder, simulator)


class Installation:
    def __init__(self, environment, folder, simulator):
        self.environment, self.folder, self.simulator = environment, folder, simulator

    def run(self, *arguments, status=0, given=None):
        return clubledger(self.environment, *arguments, status=status, given=given)

    def json(self, *arguments, status=0):
        return json.loads(self.run(*arguments, "--json", status=status).stdout)

    def in_xero(self):
        """What stands in Xero, in cents per day and account, as the simulator's own books say."""
        address = f"{self.simulator}/_sim/organisations/{quote(ORGANISATION)}/entries"
        with urllib.request.urlopen(address, timeout=20) as answer:
            entries = json.load(answer)["entries"]
        sums = defaultdict(int)
        for entry in entries:
            sums[entry["date"], entry["account"]] += entry["cents"]
        return dict(sums)


@pytest.mark.timeout(600)
def test_the_same_job_by_commands_alone(club):
    set_up(club)
    bring_in(club)
    authorise(club)
    map_and_validate(club)
    send_once(club)
    revoke(club)
    assert all(trail["holds"] for trail in club.json("audit", "verify"))


def set_up(club):
    club.run("migrate")
    for email, name in ((OLIVE, "Olive Owner"), (TESS, "Tess Okafor")):
        club.run("create-user", email, "--name", name, "--password-stdin", given="correct horse battery staple\n")
    club.run("create-club", "banksia-park", "--name", "Banksia Park Golf Club", "--owner", OLIVE)
    club.run(
        "create-user", "sam@banksiapark.example", "--name", "Sam", "--role", "viewer", "--password-stdin",
        "--as", OLIVE, given="correct horse battery staple\n",
    )  # fmt: skip
    refused = club.run("import", str(club.folder / "july.csv"), status=1)
    assert "belongs to no club" in refused.stderr
    club.run("set-role", TESS, "accounts", "--as", OLIVE)
    assert (
        club.json("xero-app")["redirect_uri"] == f"http://localhost:{club.environment['CLUBLEDGER_PORT']}/xero/callback"
    )


def bring_in(club):
    refused = club.folder / "refused.csv"
    ended = club.run("import", str(club.folder / "july.csv"), "--refused", str(refused), "--json", status=1)
    counts = json.loads(ended.stdout)
    assert (counts["new"], counts["refused"], counts["rows_refused"]) == (7, 1, 1)
    assert "1 rows were refused" in ended.stderr
    assert "10.005" in refused.read_text(encoding="utf-8")
    (club.folder / "again.csv").write_text(FILE, encoding="utf-8")
    again = club.json("import", str(club.folder / "again.csv"))
    assert (again["new"], again["already_there"]) == (0, 7)
    not_allowed = club.run("import", str(club.folder / "again.csv"), "--as", "sam@banksiapark.example", status=1)
    assert "Your role at this club does not allow you to import" in not_allowed.stderr
    listed = club.json("journals", "--unsent")
    assert [(row["date"], row["number"], row["state"], row["debit"]) for row in listed] == [
        ("2026-07-01", "TBA", "open", "2294.00"),
        ("2026-07-02", "TBA", "open", "66.00"),
        ("2026-07-03", "TBA", "open", "44.00"),
    ]


def authorise(club):
    before = club.run("get-gl-codes", status=1)
    assert before.stderr.startswith("clubledger: ")
    assert "Traceback" not in before.stderr
    address = club.json("authorise")["address"]
    back = consent(address, email=TESS, password="tess", organisation=ORGANISATION)
    unnamed = club.run("authorise", "--callback", back, status=1)
    assert ORGANISATION in unnamed.stderr
    address = club.json("authorise")["address"]
    back = consent(address, email=TESS, password="tess", organisation=ORGANISATION)
    (given,) = club.json("authorise", "--callback", back, "--organisation", ORGANISATION)
    assert (given["person"], given["organisation"], given["live"]) == (TESS, ORGANISATION, True)
    assert "replayed" in club.run("authorise", "--callback", back, status=1).stderr
    assert len(club.json("get-gl-codes")["new"]) > 50
    club.json("get-categories")


HEAD = {"kind": "kind", "code": "code", "gl_code": "gl_code"}


def map_and_validate(club):
    assert len(club.json("map", "--unmapped")) == 9
    by_csv = ["map", "--csv", str(club.folder / "mapping.csv")]
    assert "does not allow you to change mapping" in club.run(*by_csv, status=1).stderr
    club.run(*by_csv, "--as", OLIVE)
    (left,) = club.json("map", "--unmapped")
    assert (left["kind"], left["code"]) == ("charge", "LOCKER")
    map_the_list_given_out(club)
    faulty = club.json("validate", "--unsent", status=1)
    assert len(faulty["valid"]) == 2
    assert "charge:LOCKER" in {finding["mends"] for finding in faulty["findings"]}
    assert (
        "no GL code 999"
        in club.run("map", "--item", "charge:LOCKER", "--gl-code", "999", "--as", OLIVE, status=1).stderr
    )
    club.run("map", "--item", "charge:LOCKER", "--gl-code", "220", "--tax-type", "OUTPUT", "--as", OLIVE)
    third = club.json("journals", "--unsent")[2]
    assert club.json("record", str(third["id"]), "--reason", "Typed into Xero on Monday")["journals"] == 1
    assert len(club.json("validate", "--unsent")["valid"]) == 2


def map_the_list_given_out(club):
    """What nobody has mapped is passed over, and a column that the file lacks leaves what was there."""
    before = club.json("map")
    given = club.folder / "given.csv"
    given.write_text("".join(f"{row['kind']},{row['code']},{row['gl_code']}\n" for row in [HEAD, *before]))
    assert any(row["tax_type"] for row in before)
    assert any(not row["gl_code"] for row in before)
    assert club.json("map", "--csv", str(given), "--as", OLIVE) == before


def send_once(club):
    sent = club.json("send", "--unsent")
    assert [(row["date"], row["state"]) for row in sent] == [("2026-07-01", "sent"), ("2026-07-02", "sent")]
    assert all(row["number"].startswith("J-") for row in sent)
    assert {key: cents for key, cents in club.in_xero().items() if cents} == {
        key: cents for key, cents in IN_XERO.items() if cents
    }
    again = club.run("send", "--from", "2026-07-01", "--up-to", "2026-07-31", status=1)
    assert "No valid journal" in again.stderr
    states = club.json("journals", "--from", "2026-07-01", "--up-to", "2026-07-31")
    assert [row["state"] for row in states] == ["sent", "sent", "recorded"]
    lines = club.json("journals", "--lines", str(states[0]["id"]))
    assert sum(float(line["debit"] or 0) for line in lines) == 2294.00


def revoke(club):
    club.run("authorise", "--revoke")
    (ended,) = club.json("authorise", "--list")
    assert (ended["live"], ended["ended_because"]) == (False, "revoked")
    assert "authorised Xero" in club.run("get-gl-codes", status=1).stderr
