"""Schema drift: seen and told, and by policy landed, kept in quarantine, or the end of a read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from connectors.drift import Drift, Watch, as_rows, of_rows, together
from connectors.progress import ProgressLog
from connectors.schema import Field, declared_fields, kind_of, learnt
from stamm.errors import SchemaDrifted
from tests.connectors.conftest import SOURCE, STREAM, Bench, customer

SCHEMA = {
    "id": Field("number"), "email": Field("text"), "changed": Field("text"),
    "name": Field("text", optional=True),
}  # fmt: skip
NEW = {"score": 7}


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch):
    """The bench's stream with a declaration, and a policy for its drift."""
    monkeypatch.setattr("connectors.extract.declared_fields", lambda system: {STREAM.name: SCHEMA})
    return lambda policy: SOURCE.model_copy(update={"drift": {STREAM.name: policy}})


@pytest.mark.parametrize(
    ("record", "drift"),
    [
        ({"id": 1, "email": "a@example.org", "changed": "2026-03-01"}, []),
        ({"id": 1.5, "email": None, "changed": None, "name": "Anna"}, []),
        ({"id": 1, "email": "a@example.org"}, ["changed is missing"]),
        ({"id": "1", "email": "a@example.org", "changed": ""}, ["id is text, declared number"]),
        ({"id": True, "email": "a@example.org", "changed": ""}, ["id is boolean, declared number"]),
        ({"id": 1, "email": ["a"], "changed": "", "x": {}},
         ["new field x (object)", "email is list, declared text"]),
    ],
)  # fmt: skip
def test_the_drift_of_a_record(record, drift):
    assert [str(one) for one in Watch(SCHEMA)(record)] == drift


def test_drift_is_counted_and_values_are_not_kept():
    watch = Watch(SCHEMA)
    for number in range(3):
        watch({"id": number, "email": "geheim@example.org", "changed": "", "x": number})
    met = watch.met()
    assert met == ((Drift("new_field", "x", "number"), 3),)
    assert watch.met() == ()
    assert of_rows(json.loads(json.dumps(as_rows(met)))) == met
    assert together(met, met) == ((Drift("new_field", "x", "number"), 6),)


def test_without_a_declaration_nothing_is_looked_at():
    assert Watch(None)({"anything": 1}) == ()


def test_a_new_field_lands_and_is_told_once(bench: Bench, watched):
    bench.server.records = [customer(1), customer(2) | NEW]
    first = bench.extract(source=watched("evolve"))
    assert (first.upserts, first.drift) == (2, ("new field score (number)",))
    assert bench.live()["2"]["score"] == 7
    bench.server.records.append(customer(3, 1) | NEW)
    assert bench.extract(source=watched("evolve")).drift == ()
    [noted] = ProgressLog(bench.store).drift(SOURCE.name, STREAM.name)
    assert noted.records >= 2


def test_records_that_differ_wait_in_quarantine_until_they_no_longer_do(bench: Bench, watched):
    bench.server.records = [customer(1), customer(2) | NEW]
    result = bench.extract(source=watched("quarantine"))
    assert (result.upserts, result.rejected) == (1, 1)
    rejected = "select rule, reason from landing.all_rejected"
    assert bench.table(rejected) == [("schema_drift", "new field score (number)")]
    bench.server.records[1] = customer(2, 1)
    bench.extract(source=watched("quarantine"))
    assert (bench.table(rejected), set(bench.live())) == ([], {"1", "2"})


def test_the_read_ends_at_the_page_that_differs_and_goes_on_there(bench: Bench, watched):
    size = bench.server.size
    bench.server.records = [customer(key) for key in range(1, 3 * size + 1)]
    bench.server.records[size] |= NEW  # the first of the second page
    with pytest.raises(
        SchemaDrifted, match=r"new field score .*\n.*the next run asks for it again"
    ):
        bench.extract(source=watched("fail"))
    assert bench.loads() == []
    bench.server.asked.clear()
    result = bench.extract(source=watched("evolve"))
    assert result.upserts == 3 * size
    assert [start for _, start in bench.server.asked] == [size, 2 * size]


def test_a_deleted_record_need_not_be_whole(bench: Bench, watched):
    bench.server.tells_total = False  # it would count the record that is gone
    stream = replace(STREAM, deleted=lambda record: bool(record.get("gone")))
    bench.server.records = [customer(1), customer(2)]
    bench.extract(stream, source=watched("fail"))
    bench.server.records[1] = {"id": 2, "changed": customer(2, 1)["changed"], "gone": True}
    assert bench.extract(stream, source=watched("fail")).deletes == 1


def test_the_narrowest_declaration_that_records_keep_to():
    records = [{"a": 1, "b": None, "c": "x"}, {"a": 2.5, "b": None, "d": True}, {"a": 3, "b": None}]
    assert {name: str(field) for name, field in learnt(records).items()} == {
        "a": "number", "b": "any", "c": "text?", "d": "boolean?",
    }  # fmt: skip
    assert kind_of(None) == "null"


def test_what_is_declared_of_the_shop():
    customers = declared_fields("shopware")["customers"]
    assert customers["email"] == Field("text")
    assert declared_fields("no_such_system") == {}
