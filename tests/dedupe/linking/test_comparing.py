"""Batches of encoded pairs have the levels that the plain SQL of a comparison says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.linking.batches import Batch
from dedupe.linking.blocking import LISTS
from dedupe.linking.comparing import compare, compare_slices, least_similarities, level_codes
from dedupe.linking.encoding import encode
from dedupe.linking.levels import level_case
from dedupe.linking.patterns import unpack
from dedupe.specification import MOST_COMPARISONS, Condition, load_specification
from stamm.duck import in_memory
from stamm.errors import UsageError
from tests.dedupe.records_by_hand import columns_of, write_records
from tests.dedupe.small_model import level, rule, specification

WORDS = ("anna", "anan", "annamaria", "a", "huber", "hubre", "hubner", "19800102", "müller")
with in_memory() as empty:
    COLUMNS = {kind: columns_of(empty, kind) for kind in ("person", "organisation")}


def _value(column: str):
    some = st.lists(st.sampled_from(WORDS), max_size=3, unique=True)
    return st.none() | (some if column in LISTS else st.sampled_from(WORDS))


@pytest.mark.parametrize("party_type", ["person", "organisation"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_levels_are_those_of_the_plain_sql(party_type, data):
    record = st.fixed_dictionaries({c: _value(c) for c in COLUMNS[party_type]})
    records = data.draw(st.lists(record, min_size=2, max_size=6))
    stated = load_specification(party_type)
    with in_memory() as con:
        con.execute("create schema link")
        write_records(con, party_type, records)
        table = f"link.{party_type}_records"
        pairs = f"{table} as l inner join {table} as r on l.rid < r.rid order by l.rid, r.rid"
        encoded = encode(con, stated, table)
        rids = con.execute(f"select l.rid as l, r.rid as r from {pairs}").fetchnumpy()
        batch = Batch(
            encoded, encoded.rows(rids["l"]), encoded.rows(rids["r"]), least_similarities(stated)
        )
        for comparison in stated.comparisons:
            plain = con.execute(f"select {level_case(comparison)} from {pairs}").fetchall()
            found = level_codes(comparison, batch).tolist()
            assert found == [code for (code,) in plain], comparison.name


def test_pairs_of_a_transaction_are_compared_too():
    # Rows that a transaction has just written have no row number yet.
    with in_memory() as con:
        con.execute("create schema link")
        write_records(con, "person", [{"family": "huber"}, {"family": "huber"}])
        con.execute("begin")
        con.execute("create temp table asked as select 1 as l_rid, 2 as r_rid")
        compare(con, specification(), "asked", "found")
        assert len(con.sql("from found").fetchall()) == 1
        con.execute("rollback")


def test_many_pairs_are_compared_in_parts(monkeypatch):
    monkeypatch.setattr("dedupe.linking.comparing.PORTION", 7)
    monkeypatch.setattr("dedupe.linking.comparing.BATCH", 3)
    with in_memory() as con:
        con.execute("create schema link")
        write_records(con, "person", [{"family": word} for word in WORDS])
        con.execute(
            "create temp table asked as select l.rid as l_rid, r.rid as r_rid"
            " from link.person_records as l, link.person_records as r where l.rid < r.rid"
        )
        compare(con, specification(), "asked", "in_parts")
        slices = [con.sql("select *, 5 as rule from asked").to_arrow_table()]
        encoded = encode(con, specification(), "link.person_records")
        compare_slices(con, specification(), slices, "in_slices", encoded, carried="rule")
        monkeypatch.undo()
        compare(con, specification(), "asked", "at_once")
        expected = con.sql("from at_once").fetchall()
        assert con.sql("from in_parts").fetchall() == expected
        assert con.sql("select * exclude (rule) from in_slices").fetchall() == expected
        assert con.sql("select distinct rule from in_slices").fetchall() == [(5,)]


@pytest.mark.parametrize(
    ("comparisons", "kind"), [(10, "INTEGER"), (11, "BIGINT"), (MOST_COMPARISONS, "BIGINT")]
)
def test_a_pattern_has_room_for_all_comparisons(comparisons, kind):
    stated = specification().comparisons[0]
    many = [stated.model_copy(update={"name": f"c{place}"}) for place in range(comparisons)]
    wide = specification().model_copy(update={"comparisons": tuple(many)})
    with in_memory() as con:
        con.execute("create schema link")
        write_records(con, "person", [{"family": "huber"}, {"family": "huber", "birth": "1"}])
        con.execute("create temp table asked as select 1 as l_rid, 2 as r_rid")
        compare(con, wide, "asked", "found")
        ((pattern, typed),) = con.sql("select pattern, typeof(pattern) from found").fetchall()
    best = stated.code(stated.levels[0].name)
    assert (unpack(pattern, comparisons), typed) == ([best] * comparisons, kind)


def test_a_list_is_not_tested_for_equality():
    levels = [level("same", {"test": "equal", "column": "emails"}, m=0.8),
              level("different", None, m=0.2)]  # fmt: skip
    stated = specification(
        comparisons=[{"name": "email", "needs": ["emails"], "levels": levels}],
        blocking_rules=[rule("same_email", ["emails"], {"email": "same"})],
    )
    with in_memory() as con:
        con.execute("create schema link")
        write_records(con, "person", [{"emails": ["a@x"]}, {"emails": ["a@x"]}])
        encoded = encode(con, stated, "link.person_records")
        with pytest.raises(UsageError, match="column of lists"):
            Batch(encoded, np.array([0]), np.array([1]), {}).holds(
                Condition(test="equal", column="emails"), np.array([True])
            )
