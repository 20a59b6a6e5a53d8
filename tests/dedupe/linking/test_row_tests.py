"""Conditions tested on two values say what the SQL of `dedupe.linking` says, plain or fast."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.linking.blocking import LISTS
from dedupe.linking.levels import condition_sql, level_case
from dedupe.linking.row_tests import level_of, row_test
from dedupe.specification import Condition, load_specification
from stamm.duck import in_memory
from tests.dedupe.records_by_hand import columns_of

# Near to each other on purpose: slips, beginnings, swapped halves, one letter, nothing in common.
WORDS = ("anna", "anan", "annamaria", "a", "huber", "hubre", "hubner", "19800102", "x9")
word = st.none() | st.sampled_from(WORDS) | st.text("abn", min_size=1, max_size=6)
TESTS = [
    Condition(test="equal", column="one"),
    Condition(test="jaro_winkler", column="one", at_least=0.88),
    Condition(test="levenshtein", column="one", at_most=1),
    Condition(test="slip", column="one"),
    Condition(test="initial", column="one"),
    Condition(test="starts_with", column="one", at_most=4),
    Condition(test="crossed", column="one", other="two"),
    Condition(test="swapped", column="one", other="two"),
    Condition(test="any_of", of=(Condition(test="equal", column="one"),
                                 Condition(test="equal", column="two"))),
]  # fmt: skip

with in_memory() as empty:
    COLUMNS = {kind: columns_of(empty, kind) for kind in ("person", "organisation")}


def in_sql(con, expression: str, left: dict, right: dict):
    """The expression's value, with the records as one-row tables `l` and `r`."""
    sides = [
        ", ".join(f"{'null' if v is None else repr(v)} as {name}" for name, v in side.items())
        for side in (left, right)
    ]
    query = f"select {expression} from (select {sides[0]}) as l, (select {sides[1]}) as r"
    return con.execute(query).fetchall()[0][0]


@pytest.fixture(scope="module")
def con():
    with in_memory() as connection:
        yield connection


@pytest.mark.parametrize("condition", TESTS, ids=lambda condition: condition.test)
@settings(max_examples=40, deadline=None)
@given(values=st.tuples(word, word, word, word))
def test_a_condition_holds_where_its_sql_is_true(con, condition, values):
    left, right = ({"one": a, "two": b} for a, b in (values[:2], values[2:]))
    expected = in_sql(con, condition_sql(condition), left, right)
    holds = row_test(condition, {"one": 0, "two": 1})
    assert holds(tuple(left.values()), tuple(right.values())) is bool(expected)


@pytest.mark.parametrize("condition", TESTS, ids=lambda condition: condition.test)
@settings(max_examples=40, deadline=None)
@given(values=st.tuples(word, word, word, word))
def test_it_does_not_matter_which_record_stands_left(con, condition, values):
    left, right = ({"one": a, "two": b} for a, b in (values[:2], values[2:]))
    sql = condition_sql(condition)
    assert bool(in_sql(con, sql, left, right)) is bool(in_sql(con, sql, right, left))


@pytest.mark.parametrize("party_type", ["person", "organisation"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_comparison_has_the_level_that_its_sql_says(con, party_type, data):
    columns = COLUMNS[party_type]
    specification = load_specification(party_type)
    sides = [data.draw(st.fixed_dictionaries({c: _value(c) for c in columns})) for _ in range(2)]
    rows = [tuple(side[column] for column in columns) for side in sides]
    place = {column: i for i, column in enumerate(columns)}
    for comparison in specification.comparisons:
        code = level_of(comparison, place)(*rows)
        assert code == in_sql(con, level_case(comparison), *sides), comparison.name


def _value(column: str):
    some = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2, unique=True)
    return st.none() | (some if column in LISTS else st.sampled_from(WORDS))
