"""What targets were sent, by the records that it comes back as, and from when to when it held."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.catalogue import create_views
from connectors.registry import systems
from connectors.sinks.echo import SentValue, own_records, sent_values, won_cells
from connectors.sinks.ledger import Ledger
from connectors.sinks.push import push
from stamm.clock import ManualClock
from stamm.duck import in_memory
from stamm.ids import record_id
from stamm.settings import SinkSettings
from stamm.store import Store
from tests.connectors.sinks.target import Target, wanted

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CRM = SinkSettings(name="crm", system="webhook", source="crm_back", stream="parties")


@dataclass
class Bench:
    """A target whose keys are `K-` and the golden id."""

    store: Store
    clock: ManualClock
    target: Target

    def push(self, wishes):
        push(self.target, wishes, Ledger(self.store, "crm", self.clock), self.clock)

    def record(self, key):
        return record_id(self.store.secret("record_id"), "crm_back", "parties", key)


@pytest.fixture
def bench():
    return Bench(Store.open(Path(":memory:")), ManualClock(NOON), Target())


def test_each_value_holds_until_another_was_sent(bench):
    later = NOON + timedelta(hours=1)
    bench.push(wanted({"A": {"city": "Ulm", "phone": None}}))
    bench.clock.sleep(3600)
    bench.push(wanted({"A": {"city": "Köln", "phone": None}}))
    assert set(sent_values(bench.store, [CRM])) == {
        SentValue(bench.record("K-A"), "city", "Ulm", NOON.isoformat(), later.isoformat()),
        SentValue(bench.record("K-A"), "city", "Köln", later.isoformat(), None),
        SentValue(bench.record("K-A"), "phone", None, NOON.isoformat(), None),
    }


def test_a_full_name_is_known_of_what_was_sent_in_parts(bench):
    bench.push(wanted({"A": {"given_name": "Anna", "family_name": "Beck"}}))
    bench.clock.sleep(3600)
    bench.push(wanted({"A": {"given_name": "Anna", "family_name": "Roth"}}))
    names = [s.value for s in sent_values(bench.store, [CRM]) if s.attribute == "full_name"]
    assert names == ["Anna", "Anna Beck", "Anna Roth"]


def test_a_record_of_ours_is_known_by_the_id_that_landing_gives_it(bench):
    bench.push(wanted({"A": {"city": "Ulm"}, "B": {"city": "Ulm"}}))
    assert own_records(bench.store, CRM) == {bench.record("K-A"): "A", bench.record("K-B"): "B"}
    bench.push(wanted({"B": {"city": "Ulm"}}))
    assert own_records(bench.store, CRM) == {bench.record("K-B"): "B"}
    assert {s.record_id for s in sent_values(bench.store, [CRM])} == {bench.record("K-B")}


def test_what_won_was_the_systems_own_word_and_stays_so_although_it_was_sent_back(bench):
    """Else it would lose its vote by being sent, and the next push would undo it."""
    bench.push(wanted({"A": {"city": "Aachen", "phone": "+49"}}))
    left = sent_values(bench.store, [CRM], {(bench.record("K-A"), "city")})
    assert [value.attribute for value in left] == ["phone"]


def test_of_a_list_only_the_element_that_won_is_its_own_word(bench):
    bench.push(wanted({"A": {"email": "a@example.org"}}))
    bench.clock.sleep(3600)
    bench.push(wanted({"A": {"email": "b@example.org"}}))
    won = won_cells([(bench.record("K-A"), "email", "b@example.org")])
    assert [value.value for value in sent_values(bench.store, [CRM], won)] == ["a@example.org"]


def test_a_target_that_nobody_reads_back_has_no_echo(bench):
    bench.push(wanted({"A": {"city": "Ulm"}}))
    mute = SinkSettings(name="crm", system="webhook")
    assert (own_records(bench.store, mute), sent_values(bench.store, [mute])) == ({}, [])


def test_the_warehouse_is_told_in_utc(bench, tmp_path):
    bench.push(wanted({"A": {"city": "Ulm"}}))
    with in_memory() as con:
        create_views(con, tmp_path, systems(), sent_values(bench.store, [CRM]))
        rows = con.execute("select attribute, value, sent_at, replaced_at from landing.sent_values")
        assert rows.fetchall() == [("city", "Ulm", NOON.replace(tzinfo=None), None)]
