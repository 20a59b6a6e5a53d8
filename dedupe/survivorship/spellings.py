"""Values of an attribute → what rules ask of their texts, by the SQL that `ranked_sql` uses.

Each distinct text is asked about once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dedupe.linking.arriving import arriving
from dedupe.survivorship.candidates import folded, verified_sql, well_written_sql
from dedupe.survivorship.members import NONE, Codes, Column, Numbers, encoded, texts_of
from dedupe.survivorship.prepare import write_valid_vat_ids
from dedupe.survivorship.rules import Attribute

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def same_value(con: duckdb.DuckDBPyConnection, attribute: Attribute, values: Column) -> Codes:
    """Equal numbers for values that are one value, `NONE` for none and for what says nothing."""
    place, keys = _asked(con, attribute, values, f"nullif({folded(attribute)}, '')")
    codes, _ = encoded(keys)
    return codes[place]


def well_written(con: duckdb.DuckDBPyConnection, attribute: Attribute, values: Column) -> Numbers:
    """The more the better, 0 where `ranked_sql` has null."""
    return _digits(*_asked(con, attribute, values, well_written_sql(attribute)))


def verified(con: duckdb.DuckDBPyConnection, attribute: Attribute, values: Column) -> Numbers:
    """The more the better, 0 where `ranked_sql` has null."""
    if attribute == "vat_id":
        write_valid_vat_ids(con, values.texts.take(values.seen()).to_pylist())
    return _digits(*_asked(con, attribute, values, verified_sql(attribute)))


def _digits(place: Numbers, answers: pa.ChunkedArray) -> Numbers:
    import pyarrow.compute as pc

    told = pc.add(answers.cast("int64"), 1).fill_null(0).to_numpy()
    return np.asarray(told[place])


def _asked(
    con: duckdb.DuckDBPyConnection, attribute: Attribute, values: Column, sql: str
) -> tuple[Numbers, pa.ChunkedArray]:
    """What `sql` says of the distinct values and of null, and the place of each value there."""
    import pyarrow as pa

    seen = values.seen()
    texts = texts_of(values.texts, np.append(seen, NONE))
    with arriving(con, pa.table({attribute: texts})) as rows:
        answers = con.execute(f"select {sql} as answer from {rows}").to_arrow_table()["answer"]
    place = np.full(len(values.texts) + 1, len(seen))
    place[seen] = np.arange(len(seen))
    return place[values.codes], answers
