"""Compare: pairs of record numbers → their patterns.

Flow: standardised records → whole numbers (`encoding`) → the level of each comparison, for a batch
of pairs at a time (`level_codes`) → all levels of a pair in one integer. Equality is decided on the
numbers; the pairs that it leaves open are asked as texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from dedupe.linking.arriving import arriving
from dedupe.linking.batches import Batch
from dedupe.linking.encoding import Encoded, Rows, compared_columns, conditions, encode
from dedupe.linking.patterns import BITS
from dedupe.specification import Comparison, Specification

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Number = TypeVar("Number", np.int64, np.int32)
BATCH = 1 << 18  # pairs that a thread compares at once
PORTION = 1 << 20  # pairs in memory at once


def compare(
    con: duckdb.DuckDBPyConnection,
    specification: Specification,
    pairs: str,
    out: str,
    *,
    encoded: Encoded | None = None,
) -> None:
    """Temp table `out` (l_rid, r_rid, pattern) of all pairs in table `pairs`.

    `encoded` holds their records, if somebody has encoded them already.
    """
    records = encoded or encode_mentioned(con, specification, pairs)
    chosen = f"select l_rid::integer as l_rid, r_rid::integer as r_rid from {pairs}"
    compare_slices(con, specification, portions(con, chosen, pairs), out, records)


def compare_slices(
    con: duckdb.DuckDBPyConnection,
    specification: Specification,
    slices: Iterable[pa.Table],
    out: str,
    encoded: Encoded,
    *,
    carried: str = "",
) -> None:
    """Temp table `out` (l_rid, r_rid, <carried>, pattern) of pairs (l_rid, r_rid, <carried>).

    `carried` names a column of small numbers to keep. Pairs that lie together should share a
    record: it is in the processor's cache then.
    """
    kept = f"{carried} utinyint, " if carried else ""
    # Of tens of millions of pairs each byte counts.
    kind = "integer" if BITS * len(specification.comparisons) < 32 else "bigint"
    con.execute(
        f"create or replace temp table {out} (l_rid integer, r_rid integer, {kept}pattern {kind})"
    )
    for pairs in slices:
        for start in range(0, pairs.num_rows, PORTION):
            portion = pairs.slice(start, PORTION)
            left, right = (encoded.rows(portion[side].to_numpy()) for side in ("l_rid", "r_rid"))
            found = patterns_of_rows(con, specification, encoded, left, right)
            with arriving(con, portion.append_column("pattern", [found])) as rows:
                con.execute(f"insert into {out} from {rows}")


def count_patterns(
    con: duckdb.DuckDBPyConnection, specification: Specification, pairs: str
) -> list[tuple[int, int]]:
    """(pattern, pairs) of a table of (l_rid, r_rid), by pattern."""
    compare(con, specification, pairs, "counted_pairs")
    rows = con.execute(
        "select pattern, count(*) from counted_pairs group by pattern order by pattern"
    ).fetchall()
    con.execute("drop table counted_pairs")
    return [(int(pattern), int(pairs)) for pattern, pairs in rows]


def encode_mentioned(
    con: duckdb.DuckDBPyConnection, specification: Specification, pairs: str
) -> Encoded:
    """The records of these pairs; all records, where most of them are mentioned anyway."""
    records = f"link.{specification.party_type}_records"
    if 2 * _count(con, pairs) >= _count(con, records):
        return encode(con, specification, records)
    columns = ", ".join(compared_columns(specification))
    con.execute(
        f"create or replace temp table mentioned_records as select rid, {columns} from {records}"
        f" where rid in (select l_rid from {pairs} union all select r_rid from {pairs})"
    )
    encoded = encode(con, specification, "mentioned_records")
    con.execute("drop table mentioned_records")
    return encoded


def portions(con: duckdb.DuckDBPyConnection, query: str, table: str) -> Iterator[pa.Table]:
    """The rows of a query of a single table, so many at a time, in its order."""
    for start in range(0, _count(con, table), PORTION):
        yield con.execute(f"{query} limit {PORTION} offset {start}").to_arrow_table()


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.table(table).count("*").fetchall()[0][0])


def patterns_of_rows(
    con: duckdb.DuckDBPyConnection,
    specification: Specification,
    encoded: Encoded,
    left: Rows,
    right: Rows,
) -> NDArray[np.int64]:
    """The pattern of each pair of rows; batches are compared side by side."""
    least = least_similarities(specification)

    def of_batch(part: slice) -> NDArray[np.int64]:
        return batch_patterns(specification, Batch(encoded, left[part], right[part], least))

    return side_by_side(con, len(left), of_batch)


def side_by_side(
    con: duckdb.DuckDBPyConnection, pairs: int, of_batch: Callable[[slice], NDArray[Number]]
) -> NDArray[Number]:
    """What `of_batch` says of each batch of so many pairs, in as many threads as DuckDB has."""
    if pairs <= BATCH:
        return of_batch(slice(0, pairs))
    (threads,) = con.execute("select current_setting('threads')").fetchall()[0]
    parts = [slice(start, start + BATCH) for start in range(0, pairs, BATCH)]
    with ThreadPoolExecutor(int(threads)) as batches:
        return np.concatenate(list(batches.map(of_batch, parts)))


def least_similarities(specification: Specification) -> dict[str, float]:
    """The lowest similarity that counts, by column."""
    found: dict[str, float] = {}
    for condition in conditions(specification):
        if condition.test == "jaro_winkler":
            known = found.get(condition.column, condition.at_least)
            found[condition.column] = min(known, condition.at_least)
    return found


def batch_patterns(specification: Specification, batch: Batch) -> NDArray[np.int64]:
    """All levels of each pair of a batch in one integer."""
    pattern = np.zeros(len(batch), dtype=np.int64)
    for place, comparison in enumerate(specification.comparisons):
        pattern |= level_codes(comparison, batch).astype(np.int64) << (BITS * place)
    return pattern


def level_codes(comparison: Comparison, batch: Batch) -> NDArray[np.uint8]:
    """The level's code per pair, 0 where the comparison says nothing."""
    undecided = batch.present(comparison.needs)
    for condition in comparison.silent_when:
        undecided &= ~batch.holds(condition, undecided)
    codes = undecided.astype(np.uint8)  # 1: the last level
    for level in comparison.levels[:-1]:
        meets = undecided
        for condition in level.when:
            meets = meets & batch.holds(condition, meets)
        codes[meets] = comparison.code(level.name)
        undecided = undecided & ~meets
    return codes
