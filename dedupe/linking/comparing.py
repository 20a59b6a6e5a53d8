"""Compare: pairs of record numbers → their patterns, in one pass over the pairs.

Flow: `link.<party_type>_records` → the columns that comparisons look at, one text each
(`comparable_sql`) → `compare` joins them to any table of (l_rid, r_rid). A list becomes a text,
because DuckDB keeps joined texts by reference but copies joined lists; and the dear tests are
asked only of pairs that pass a cheap one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dedupe.linking.blocking import LISTS
from dedupe.linking.levels import PLAIN, Tests, level_case
from dedupe.linking.patterns import BITS
from dedupe.specification import Condition, Specification

if TYPE_CHECKING:
    import duckdb

RANGE = 1 << 20  # records; DuckDB's limit for a join by place
_MANY, _NEXT = "chr(30)", "chr(31)"  # before a list of more than one, and between its entries


def compare(
    con: duckdb.DuckDBPyConnection,
    specification: Specification,
    pairs: str,
    out: str,
    *,
    carried: str = "",
) -> None:
    """Temp table `out` (l_rid, r_rid, <carried>, pattern) of all pairs in table or view `pairs`.

    `carried` names a column of `pairs` to keep. Rows come in no order.
    """
    kept = f", p.{carried}" if carried else ""
    con.execute(
        f"create or replace temp table {out} as select l_rid::integer as l_rid,"
        f" r_rid::integer as r_rid{kept}, 0::bigint as pattern from {pairs} as p limit 0"
    )
    with joined_as_written(con):
        for chosen, left, right in _portions(con, specification, pairs):
            con.execute(
                f"insert into {out} select p.l_rid, p.r_rid{kept}, {pattern_sql(specification)}"
                f" from (from {pairs} where {chosen}) as p"
                f" inner join ({comparable_sql(specification, left)}) as l on l.rid = p.l_rid"
                f" inner join ({comparable_sql(specification, right)}) as r on r.rid = p.r_rid"
            )


def _portions(
    con: duckdb.DuckDBPyConnection, specification: Specification, pairs: str
) -> Iterator[tuple[str, str, str]]:
    """(which pairs, their left records, their right records), as SQL.

    Few pairs bring only the records that they mention. Many are cut by ranges of record numbers,
    so that DuckDB finds a record by its number instead of hashing it.
    """
    records = f"link.{specification.party_type}_records"
    total = int(con.table(records).count("*").fetchall()[0][0])
    # Two halves at least: both sides of the join lie in memory.
    size = max(1, min(RANGE, total // 2 + 1))
    found = con.execute(
        f"select l_rid // {size} as l, r_rid // {size} as r, count(*) from {pairs}"
        " group by all order by all"
    ).fetchall()
    if 2 * sum(row[2] for row in found) < total:
        con.execute(
            f"create or replace temp table mentioned_records as from {records} where rid in"
            f" (select l_rid from {pairs} union all select r_rid from {pairs})"
        )
        yield "true", "mentioned_records", "mentioned_records"
        con.execute("drop table mentioned_records")
        return
    for left, right, _ in found:
        in_range = "{0} between {1} and {2}"
        left_range, right_range = ((side * size, side * size + size - 1) for side in (left, right))
        yield (
            f"{in_range.format('l_rid', *left_range)} and {in_range.format('r_rid', *right_range)}",
            f"{records} where {in_range.format('rid', *left_range)}",
            f"{records} where {in_range.format('rid', *right_range)}",
        )


def count_patterns(
    con: duckdb.DuckDBPyConnection, specification: Specification, pairs: str
) -> list[tuple[int, int]]:
    """(pattern, pairs) of a table or view of (l_rid, r_rid), by pattern."""
    compare(con, specification, pairs, "counted_pairs")
    rows = con.execute(
        "select pattern, count(*) from counted_pairs group by pattern order by pattern"
    ).fetchall()
    con.execute("drop table counted_pairs")
    return [(int(pattern), int(pairs)) for pattern, pairs in rows]


def pattern_sql(specification: Specification) -> str:
    """The pattern of two comparable records `l` and `r` as a bigint expression."""
    parts = [
        f"(({level_case(comparison, FAST)})::bigint << {BITS * place})"
        for place, comparison in enumerate(specification.comparisons)
    ]
    return " | ".join(parts)


def comparable_sql(specification: Specification, records: str) -> str:
    """(rid, <columns>) of records, lists as texts; `records` is what stands behind `from`."""
    columns = ", ".join(
        f"{_as_text(column)} as {column}" if column in LISTS else column
        for column in compared_columns(specification)
    )
    return f"select rid::integer as rid, {columns} from {records}"


def compared_columns(specification: Specification) -> list[str]:
    """The columns that the comparisons look at, each once."""
    found: dict[str, None] = {}
    for comparison in specification.comparisons:
        found |= dict.fromkeys(comparison.needs)
        whens = [condition for level in comparison.levels for condition in level.when]
        for condition in (*comparison.silent_when, *whens):
            for part in condition.of or (condition,):
                found |= dict.fromkeys(c for c in (part.column, part.other) if c)
    return list(found)


@contextmanager
def joined_as_written(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Joins in the written order, rows in any order.

    The optimiser takes pairs for the smaller side and would keep all of them in memory, twice.
    """
    con.execute("set disabled_optimizers = 'join_order,build_side_probe_side'")
    con.execute("set preserve_insertion_order = false")
    try:
        yield
    finally:
        con.execute("reset disabled_optimizers")
        con.execute("set preserve_insertion_order = true")


def _as_text(column: str) -> str:
    """A lone entry as it is; a list of none equals no other."""
    return (
        f"case len({column}) when 1 then {column}[1]"
        f" when 0 then {_MANY} || {_NEXT} || rid"
        f" else {_MANY} || array_to_string({column}, {_NEXT}) end"
    )


def _overlap(c: Condition) -> str:
    entries = [f"string_split(ltrim({side}.{c.column}, {_MANY}), {_NEXT})" for side in "lr"]
    return (
        f"case when l.{c.column} = r.{c.column} then true"
        f" when l.{c.column} >= ' ' and r.{c.column} >= ' ' then false"
        f" else list_has_any({', '.join(entries)}) end"
    )


def _levenshtein(c: Condition) -> str:
    """Of equal length and one letter apart: the letter was replaced."""
    left, right = f"l.{c.column}", f"r.{c.column}"
    if c.at_most != 1:
        return (
            f"case when abs(strlen({left}) - strlen({right})) > {c.at_most} then false"
            f" else levenshtein({left}, {right}) <= {c.at_most} end"
        )
    return (
        f"case when strlen({left}) = strlen({right}) then hamming({left}, {right}) <= 1"
        f" else {_one_letter_more(left, right)} end"
    )


def _slip(c: Condition) -> str:
    """Of equal length: one letter replaced, or two neighbours swapped."""
    left, right = f"l.{c.column}", f"r.{c.column}"
    return (
        f"case when strlen({left}) = strlen({right}) then case hamming({left}, {right})"
        f" when 1 then true when 2 then damerau_levenshtein({left}, {right}) = 1 else false end"
        f" else {_one_letter_more(left, right)} end"
    )


def _one_letter_more(left: str, right: str) -> str:
    """One text is the other with a letter put in: before or behind the third both agree."""
    rest = f"greatest(least(strlen({left}), strlen({right})) - 3, 0)"
    return (
        f"case when abs(strlen({left}) - strlen({right})) > 1 then false"
        f" when left({left}, 3) <> left({right}, 3)"
        f" and right({left}, {rest}) <> right({right}, {rest}) then false"
        f" else levenshtein({left}, {right}) = 1 end"
    )


# The same tests as PLAIN on the columns of `comparable_sql`.
FAST: Tests = {**PLAIN, "overlap": _overlap, "levenshtein": _levenshtein, "slip": _slip}
