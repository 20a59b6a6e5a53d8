"""DuckDB and recordlinkage say the same: candidate pairs, blocking rules, comparison levels."""

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dedupe.linking.blocking import LISTS, NO_RULE
from dedupe.linking.in_memory import candidate_pairs, level_codes
from dedupe.linking.linkage import compare_blocks
from dedupe.linking.patterns import unpack
from dedupe.specification import load_specification
from stamm.duck import in_memory
from tests.dedupe.records_by_hand import columns_of, write_records

# Near to each other on purpose: slips, beginnings, swapped halves, one letter, nothing in common.
WORDS = ("anna", "anan", "annamaria", "a", "huber", "hubre", "hubner", "19800102", "19800201", "x9")
with in_memory() as con:
    COLUMNS = {kind: columns_of(con, kind) for kind in ("person", "organisation")}


def rows(party_type):
    word = st.none() | st.sampled_from(WORDS)
    words = st.none() | st.lists(st.sampled_from(WORDS), min_size=1, max_size=2, unique=True)
    row = st.fixed_dictionaries(
        {name: words if name in LISTS else word for name in COLUMNS[party_type]}
    )
    return st.lists(row, min_size=2, max_size=7)


def frame(con, party_type, where="true") -> pd.DataFrame:
    """Records by rid, nulls as None and lists as lists."""
    table = con.sql(f"from link.{party_type}_records where {where} order by rid").df()
    table = table.set_index("rid").astype(object)
    return table.map(lambda v: list(v) if hasattr(v, "tolist") and v.ndim else v)


@pytest.mark.parametrize("party_type", ["person", "organisation"])
@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(data=st.data())
def test_both_engines_make_the_same_pairs_and_the_same_levels(party_type, data):
    specification = load_specification(party_type)
    with in_memory() as con:
        con.execute("create schema link")
        write_records(con, party_type, data.draw(rows(party_type)))
        compare_blocks(con, specification)
        assert_same(con, specification, party_type)
        # Of a pair that many rules make, the first is told: the last one, too, is the other way.
        rules = tuple(reversed(specification.blocking_rules))
        turned = specification.model_copy(update={"blocking_rules": rules})
        compare_blocks(con, turned)
        assert_same(con, turned, party_type)


def assert_same(con, specification, party_type):
    distinct = frame(con, party_type, "rid not in (select rid from copies)")
    place = {rule.name: i for i, rule in enumerate(specification.blocking_rules)}
    made = con.sql(f"select l_rid, r_rid, rule from compared where rule <> {NO_RULE}").fetchall()
    assert {(left, right): rule for left, right, rule in made} == {
        pair: min(place[name] for name in rules)
        for pair, rules in candidate_pairs(specification, distinct).items()
    }
    compared = con.sql("select l_rid, r_rid, pattern from compared order by all").fetchall()
    if compared:
        pairs = pd.MultiIndex.from_tuples([row[:2] for row in compared])
        codes = level_codes(specification, frame(con, party_type), pairs)
        width = len(specification.comparisons)
        assert codes.to_numpy().tolist() == [unpack(row[2], width) for row in compared]
