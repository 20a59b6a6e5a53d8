"""What linking reads of a table: birth dates, mailboxes and phones, each by itself."""

import pyarrow as pa
import pytest

from dedupe.discovery import discover, write_match_input
from stamm.duck import in_memory


@pytest.fixture
def con():
    with in_memory() as opened:
        yield opened


def written(con, columns, names, **mapped):
    """Rows of the match input in the table's order; without `mapped` roles are inferred."""
    numbers = list(range(len(next(iter(columns.values())))))
    con.register("arriving", pa.table({"nr": numbers, **columns}))
    con.execute("create or replace table given as from arriving")
    con.unregister("arriving")
    write_match_input(con, "given", discover(con, "given", id_column="nr", mapped=mapped))
    found = con.execute(
        f"select {', '.join(names)} from intermediate.int_parties__match_input"
        " order by record_id::int"
    ).fetchall()
    return [row[0] for row in found] if len(names) == 1 else found


@pytest.mark.parametrize("name", ["v", "V", "raw", "digits", "written", "t", "births_0"])
def test_birth_dates_are_read_whatever_the_columns_beside_them_are_called(con, name):
    columns = {"geboren": ["03.05.1980", "17.11.1971", None], name: [None, "x", "y"]}
    found = written(con, columns, ["x_birth"], geboren="birth_date", **{name: "text"})
    assert found == ["19800503", "19711117", None]
