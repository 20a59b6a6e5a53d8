"""A table renewed by a query: what it says after, and which of its rows were left alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stamm.duck import in_memory
from stamm.rows import renew_rows

ROWS = st.dictionaries(st.integers(0, 8), st.sampled_from(["a", "b", None]), max_size=9)


@pytest.fixture
def con():
    with in_memory() as opened:
        yield opened


def filled(con, name, rows):
    con.execute(f"create or replace table {name} (id integer, value varchar)")
    for row in rows.items():
        con.execute(f"insert into {name} values (?, ?)", row)


def read(con, name):
    return dict(con.execute(f"select id, value from {name}").fetchall())


@settings(max_examples=80, deadline=None)
@given(standing=ROWS, renewed=ROWS, most=st.integers(0, 8))
def test_rows_where_the_condition_holds_become_those_of_the_query(standing, renewed, most):
    with in_memory() as con:
        filled(con, "t", standing)
        filled(con, "now", {i: value for i, value in renewed.items() if i <= most})
        changed = renew_rows(con, "t", where=f"id <= {most}", rows="from now")
        expected = {i: v for i, v in standing.items() if i > most} | read(con, "now")
        moved = con.execute(f"select id, value, place is null from {changed}").fetchall()
        assert read(con, "t") == expected
        assert set(moved) == {
            *((i, v, False) for i, v in standing.items() if (i, v) not in expected.items()),
            *((i, v, True) for i, v in expected.items() if (i, v) not in standing.items()),
        }


def test_a_row_that_says_the_same_stays_where_it_is(con):
    filled(con, "t", {1: "a", 2: "b", 3: None})
    places = dict(con.execute("select id, rowid from t").fetchall())
    filled(con, "now", {3: None, 1: "a", 2: "c"})
    renew_rows(con, "t", where="true", rows="from now")
    after = dict(con.execute("select id, rowid from t").fetchall())
    assert {i for i in after if after[i] == places[i]} == {1, 3}


def test_lists_are_compared_by_what_they_hold(con):
    con.execute("create table t as select 1 as id, ['x', 'y'] as names")
    for names, moved in (("['x', 'y']", 0), ("['y', 'x']", 2)):
        changed = renew_rows(con, "t", where="true", rows=f"select 1 as id, {names} as names")
        assert len(con.table(changed).fetchall()) == moved
