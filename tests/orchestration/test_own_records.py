"""Each record that we made in a target hangs on one record of the customer it was made from."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from connectors.sinks.ledger import Ledger
from connectors.sinks.push import push
from dedupe.identity import ledger
from dedupe.identity.constitution import Member
from dedupe.judgement.judgements import judgements
from orchestration.own_records import tie_own_records
from serving.publish import publish
from stamm.clock import ManualClock
from stamm.duck import open_warehouse
from stamm.ids import record_id
from stamm.settings import SinkSettings
from stamm.store import Store
from tests.connectors.sinks.target import Target, wanted

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
CRM = SinkSettings(name="crm", system="webhook", source="crm_back", stream="parties")


class Bench:
    """One customer out of records a and b, made from a; the target has it as `K-` and its id."""

    def __init__(self, folder):
        self.folder, self.builds = folder, 0
        self.store = Store.open(folder / "state.db")
        born = datetime.fromisoformat("2020-01-01")
        cluster = [Member("a", born), Member("b", born + timedelta(1))]
        [self.party] = set(
            ledger.record_run(self.store, [cluster], run_id="r1", at=AT).assignment.values()
        )
        clock = ManualClock(AT)
        push(Target(), wanted({self.party: {}}), Ledger(self.store, "crm", clock), clock)
        key = f"K-{self.party}"
        self.ours = record_id(self.store.secret("record_id"), "crm_back", "parties", key)

    def publish(self, *records):
        self.builds += 1
        warehouse = self.folder / f"w{self.builds}.duckdb"
        with open_warehouse(warehouse) as con:
            con.execute("create schema golden")
            con.execute("create table golden.xref_parties (record_id varchar, party_id varchar)")
            for record in records:
                con.execute("insert into golden.xref_parties values (?, ?)", [record, self.party])
        publish(warehouse, self.folder / "p", build_id=f"b{self.builds}", info={})

    def tie(self, sink=CRM):
        return tie_own_records(sink, self.folder / "p", self.store)

    def ties(self):
        return [
            (j.left, j.right, j.verdict, j.judged_by, j.by_a_sink) for j in judgements(self.store)
        ]


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    with closing(made.store):
        yield made


def test_it_is_tied_once_to_the_record_that_the_id_was_minted_for(bench):
    bench.publish("a", "b")
    assert (bench.tie(), bench.tie()) == (1, 0)
    assert bench.ties() == [({bench.ours}, {"a"}, "same", "sink crm", True)]


def test_when_that_record_goes_it_is_tied_to_another_and_never_to_itself(bench):
    bench.publish("a", "b")
    bench.tie()
    bench.publish("b", bench.ours)
    assert bench.tie() == 1
    assert bench.ties()[1][:2] == ({bench.ours}, {"b"})
    bench.publish(bench.ours, f"{bench.ours}#org")
    assert bench.tie() == 0


def test_a_target_that_nobody_reads_back_ties_nothing(bench):
    bench.publish("a", "b")
    assert bench.tie(SinkSettings(name="crm", system="webhook")) == 0
    assert bench.ties() == []
