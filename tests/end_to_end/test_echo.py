"""A CRM that is a target and a source: what it sends back is no second customer and has no vote."""

import csv
import json
from contextlib import closing

import pytest

from dedupe.judgement.judgements import judgements
from stamm.store import Store
from tests.connectors.sinks.receiver import SECRET, receiving
from tests.end_to_end.company import Company

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PEOPLE = [
    ("1", "Anna", "Beckenbauer", "anna.beckenbauer@web.de", "Lindenweg", "", "Köln", "50667"),
    ("2", "Bernd", "Rothenburg", "bernd.rothenburg@web.de", "Am Markt", "", "Ulm", "89073"),
    ("3", "Clara", "Vossberg", "clara.vossberg@gmx.de", "Ringstraße", "", "Bonn", "53111"),
    ("4", "Dirk", "Hasselhorn", "dirk.hasselhorn@gmx.de", "Hafenkai", "", "Kiel", "24103"),
]
NAMES = ("given_name", "family_name", "email", "street", "house_number", "city", "postcode")
SETTINGS = """\
sources:
  cards: {{system: files, path: ./cards.csv, format: csv, stream: parties, key: [nr], map: {map}}}
  back: {{system: files, path: ./back.jsonl, format: jsonl, stream: parties, key: [nr],
         accept_shrinking: [parties], map: {map}}}
sinks:
  crm: {{system: webhook, url: "{url}", insecure: true, secret: "${{CRM_SECRET}}",
        source: back, stream: parties}}
"""


class Bench:
    """Business cards, and the file in which the CRM gives its customers back."""

    def __init__(self, folder, crm):
        self.company, self.crm, self.folder = Company(folder), crm, folder
        names = "{" + ", ".join(f"{name}: {name}" for name in NAMES) + "}"
        settings = SETTINGS.format(map=names, url=crm.url)
        (folder / "stamm.yaml").write_text(settings, encoding="utf-8")
        self.cards(PEOPLE)
        self.give_back({})

    def cards(self, people):
        with (self.folder / "cards.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("nr", *NAMES), *people])

    def give_back(self, changed):
        """All customers of the CRM as it holds them, with what its users changed."""
        rows = [
            {"nr": f"K-{customer}", **{name: held.get(name) for name in NAMES}, **changed}
            for customer, held in self.crm.customers.items()
        ]
        rows.append({"nr": "K-none", **dict.fromkeys(NAMES), "family_name": "Niemand"})
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (self.folder / "back.jsonl").write_text(text, encoding="utf-8")

    def golden(self):
        rows = self.company.json(
            "query", "select * from golden_parties where family_name <> 'Niemand'"
        )
        return {row["given_name"]: row for row in rows}

    def voting(self):
        """Attributes of our customers whose golden value is the CRM's."""
        rows = self.company.json(
            "query",
            "select distinct attribute from golden_lineage join xref_parties using (record_id)"
            " join golden_parties as g on g.party_id = xref_parties.party_id"
            " where source = 'back' and family_name <> 'Niemand' order by 1",
        )
        return [row["attribute"] for row in rows]


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with receiving() as crm, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRM_SECRET", SECRET)
        bench = Bench(tmp_path_factory.mktemp("echo"), crm)
        bench.company.run()
        yield bench


def test_what_comes_back_is_no_second_customer_has_no_vote_and_nothing_is_sent_again(bench):
    before = bench.golden()
    assert len(bench.crm.customers) == len(PEOPLE) + 1  # and Niemand
    bench.give_back({})
    told = bench.company.run()
    after = bench.golden()
    assert {n: (r["party_id"], r["records"]) for n, r in after.items()} == {
        name: (row["party_id"], 2) for name, row in before.items()
    }
    assert bench.voting() == []
    assert [row["sent"] for row in told["sinks"]] == [0]


def test_a_new_word_of_the_source_goes_through_although_the_echo_says_otherwise(bench):
    """Two would stand against one, if the echo had a vote."""
    moved = ("1", "Anna", "Beckenbauer", "anna.neu@web.de", "Neue Gasse", "", "Trier", "54290")
    bench.cards([moved, *PEOPLE[1:]])
    bench.company.run()
    assert bench.golden()["Anna"]["city"] == "Trier"
    assert "Trier" in {held.get("city") for held in bench.crm.customers.values()}


def test_what_users_change_in_the_crm_has_a_vote(bench):
    bench.give_back(
        {"city": "Aachen", "street": "Dom", "house_number": "5", "postcode": "52062", "email": None}
    )
    bench.company.run()
    assert "city" in bench.voting()


def test_each_record_of_ours_is_tied_once_to_the_customer_it_was_made_from(bench):
    with closing(Store.open(bench.company.home / "state.db")) as store:
        said = [j for j in judgements(store) if j.judged_by == "sink crm"]
    assert [(j.verdict, len(j.left), len(j.right)) for j in said] == [("same", 1, 1)] * (
        len(PEOPLE) + 1
    )
    assert {row["records"] for row in bench.golden().values()} == {2}


def test_a_rebuild_says_the_same_as_the_runs_with_changes(bench):
    before = bench.company.tables()
    bench.company.run("--full")
    after = bench.company.tables()
    for name in ("golden_parties", "golden_lineage", "xref_parties", "crm_outbox"):
        assert after[name] == before[name], name
