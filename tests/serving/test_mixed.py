"""Ben's record was once taken for one of Anna's; they were parted, and Ben is erased.

Ben's values stood in what was told of Anna meanwhile: in versions, and in entries of the feed.
"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from dedupe.identity import ledger
from dedupe.identity.constitution import Member
from privacy.suppressions import suppress_party
from serving.changes import replay
from serving.feed import append_changes, read_changes
from serving.publish import open_published, publish
from serving.suppressed import suppressed
from stamm.duck import open_warehouse
from stamm.store import Store

BEGIN = datetime(2026, 6, 30, tzinfo=UTC)
ANNA = {"email": "anna@x.de", "city": "Köln"}
MIXED = {"email": "ben@x.de", "city": "Köln"}
BEN = {"email": "ben@x.de", "city": "Bonn"}


def at(day: int) -> datetime:
    return BEGIN + timedelta(days=day)


class Firm:
    """Runs, each with its build; day 1: Anna, day 2: Ben's record with hers, day 3: parted."""

    def __init__(self, folder, store):
        self.folder, self.store, self.versions = folder, store, []
        self.anna = self.run(1, ["a"], {"a": ANNA})["a"]
        self.run(2, ["ab"], {"a": MIXED})
        self.ben = self.run(3, ["a", "b"], {"a": ANNA, "b": BEN})["b"]

    def run(self, day, clusters, golden):
        """`golden`: a record → the values of its party."""
        members = [[Member(r) for r in sorted(cluster)] for cluster in clusters]
        found = ledger.record_run(self.store, members, run_id=str(day), at=at(day)).assignment
        held = {found[record]: values for record, values in golden.items()}
        warehouse = self.folder / f"{day}.duckdb"
        with open_warehouse(warehouse) as con:
            self._write(con, day, found, held)
        before = self.__dict__.get("build")
        self.build = publish(
            warehouse,
            self.folder / "p",
            build_id=f"b{day}",
            info={},
            hidden=suppressed(self.store),
        )
        append_changes(self.store, before, self.build, at(day))
        return found

    def _write(self, con, day, found, held):
        now = at(day).replace(tzinfo=None)
        for version in self.versions:
            if version["to"] is None and held.get(version["party"]) != version["values"]:
                version["to"] = now
        known = [(v["party"], v["values"]) for v in self.versions if v["to"] is None]
        self.versions += [
            {"party": party, "values": values, "from": now, "to": None}
            for party, values in held.items()
            if (party, values) not in known
        ]
        con.execute(
            "create schema golden; create schema marts;"
            "create table golden.golden_parties (party_id varchar, email varchar, city varchar);"
            "create table golden.xref_parties (record_id varchar, party_id varchar);"
            "create table marts.dim_customer (party_id varchar, valid_from timestamp,"
            " valid_to timestamp, is_current boolean, email varchar, city varchar,"
            " attributes_hash varchar, attributes varchar)"
        )
        for party, values in held.items():
            con.execute("insert into golden.golden_parties values (?, ?, ?)",
                        [party, *values.values()])  # fmt: skip
        for record, party in found.items():
            con.execute("insert into golden.xref_parties values (?, ?)", [record, party])
        for v in self.versions:
            con.execute(
                "insert into marts.dim_customer values (?, ?, ?, ?, ?, ?, md5(?), ?)",
                [v["party"], v["from"], v["to"], v["to"] is None, *v["values"].values(),
                 str(v["values"]), str(v["values"])],
            )  # fmt: skip

    def erase_ben(self):
        suppress_party(self.store, self.ben, reason="erasure", at=at(4))

    def history(self):
        with open_published(self.folder / "p", self.folder / "state.db") as con:
            return con.execute(
                "select day(valid_from), email, city, attributes is null from dim_customer"
                " where party_id = ? order by 1", [self.anna],
            ).fetchall()  # fmt: skip


@pytest.fixture
def firm(tmp_path):
    with closing(Store.open(tmp_path / "state.db")) as store:
        yield Firm(tmp_path, store)


def test_a_version_of_that_time_keeps_its_place_and_loses_its_values(firm):
    anna = [(1, "anna@x.de", "Köln", False), (3, "anna@x.de", "Köln", False)]
    assert firm.history() == [anna[0], (2, "ben@x.de", "Köln", False), anna[1]]
    firm.erase_ben()
    assert firm.history() == [anna[0], (2, None, None, True), anna[1]]


def test_the_store_keeps_the_content_that_a_build_does_not_tell(firm):
    """A restriction asks to keep; and a version without content still has to be closed there."""
    told = "select valid_from, valid_to, attributes from customer_versions where party_id = ?"
    before = [tuple(row) for row in firm.store.query(told, [firm.anna])]
    firm.erase_ben()
    firm.run(5, ["a", "b"], {"a": {**ANNA, "city": "Kleve"}, "b": BEN})
    after = [tuple(row) for row in firm.store.query(told, [firm.anna])]
    assert after[:2] == before[:2]
    assert [valid_to is None for _, valid_to, _ in after] == [False, False, False, True]


def test_entries_of_the_feed_since_then_tell_only_what_is_still_told_of_her(firm):
    def entries():
        return [
            (c.operation, c.fields) for c in read_changes(firm.store) if c.party_id == firm.anna
        ]

    mixed = ("MOD", {"email": "ben@x.de"})
    assert entries() == [("ADD", ANNA), mixed, ("MOD", {"email": "anna@x.de"})]
    firm.erase_ben()
    assert entries() == [
        ("ADD", ANNA),
        ("MOD", {"email": None}),
        ("MOD", {"email": "anna@x.de"}),
    ]


def test_whoever_replays_the_feed_from_its_beginning_holds_what_she_is(firm):
    firm.erase_ben()
    assert replay(read_changes(firm.store))[firm.anna] == ANNA
