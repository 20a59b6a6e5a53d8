"""Clusters → one record each, under the files' own columns.

Per column the value that most records agree on, however they spell it; then the most complete,
then the earliest record's. Of its spellings the most used one stays, then one with umlauts and
small letters. Address parts are one value: a street never meets another record's town.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dedupe.discovery.folding import folded_sql
from dedupe.files.loaded import POSITION, RECORD, distinct_names
from stamm.duck import quoted

if TYPE_CHECKING:
    import duckdb

    from dedupe.discovery import Discovery

ADDRESS = ("street", "house_number", "postcode", "city", "state", "country")
_AT_ONCE = 16  # units in one statement
NOT_GOLDEN = frozenset({RECORD, "__file", "__id", POSITION})


def units(discovery: Discovery) -> list[tuple[str, ...]]:
    """Columns that are taken together: each address, and every other column alone."""
    addresses: defaultdict[int, list[str]] = defaultdict(list)
    seen: defaultdict[str, int] = defaultdict(int)
    alone: list[tuple[str, ...]] = []
    for one in discovery.columns:
        if one.role in ADDRESS:
            addresses[seen[one.role]].append(one.column)  # the second street is another address
            seen[one.role] += 1
        elif one.column not in NOT_GOLDEN:
            alone.append((one.column,))
    return [*alone, *(tuple(columns) for columns in addresses.values())]


def write_golden(
    con: duckdb.DuckDBPyConnection, columns: Sequence[str], together: Iterable[tuple[str, ...]]
) -> None:
    """Leave `files.golden`: `cluster_id`, `size`, then the columns, one row per cluster."""
    con.execute(f"""
        create or replace temp table duplicated as
        select c.cluster_id as __cluster, c.place as __place, r.* from files.clusters as c
        join files.records as r using ({RECORD}) where c.size > 1
    """)
    source = _write_chosen(con, list(together))
    joins = (
        f"left join {part} on {part}.__cluster = o.cluster_id"
        for part in dict.fromkeys(source.values())
    )
    values = (
        f"case when o.size > 1 then {source[c]}.{quoted(c)} else r.{quoted(c)} end" for c in columns
    )
    named = zip(values, _beside_ours(columns), strict=True)
    cells = ", ".join(f"{value} as {quoted(name)}" for value, name in named)
    con.execute(f"""
        create or replace table files.golden as
        select o.cluster_id, o.size{", " if cells else ""}{cells}
        from (
            select * from files.clusters
            qualify row_number() over (partition by cluster_id order by place) = 1
        ) as o
        join files.records as r using ({RECORD})
        {" ".join(joins)}
        order by o.cluster_id
    """)


def _write_chosen(
    con: duckdb.DuckDBPyConnection, together: Sequence[tuple[str, ...]]
) -> dict[str, str]:
    """Column → a temp table (__cluster, …) with its winning values.

    A table holds some units: DuckDB takes seconds to join a hundred of one unit each.
    """
    source: dict[str, str] = {}
    for start in range(0, len(together), _AT_ONCE):
        units_here = together[start : start + _AT_ONCE]
        for number, unit in enumerate(units_here):
            con.execute(f"create or replace temp table chosen_{number} as {chosen_sql(unit)}")
        listed = ", ".join(quoted(column) for unit in units_here for column in unit)
        joins = " ".join(
            f"left join chosen_{number} using (__cluster)" for number, _ in enumerate(units_here)
        )
        part = f"chosen_from_{start}"
        con.execute(
            f"create or replace temp table {part} as select __cluster, {listed}"
            f" from (select distinct __cluster from duplicated) {joins}"
        )
        source |= {column: part for unit in units_here for column in unit}
    return source


def _beside_ours(columns: Iterable[str]) -> list[str]:
    """The columns' names beside `cluster_id` and `size`: a column called so is `size_2`."""
    return list(distinct_names(["cluster_id", "size", *columns])[2:])


def chosen_sql(unit: tuple[str, ...]) -> str:
    """The winning values of one unit per cluster of `duplicated` (__cluster, __place, columns)."""
    names = [quoted(column) for column in unit]
    listed, folds = ", ".join(names), ", ".join(folded_sql(name) for name in names)
    filled = " + ".join(f"({name} is not null)::int" for name in names)
    text = f"concat_ws(' ', {listed})"
    return f"""
        with given as (
            select __cluster, {listed}, count(*) as __spelt, min(__place) as __place
            from duplicated where coalesce({listed}) is not null group by __cluster, {listed}
        ),
        folded as (select *, concat_ws(' ', {folds}) as __said from given),
        counted as (
            select *, sum(__spelt) over (partition by __cluster, __said) as __agreeing,
                   min(__place) over (partition by __cluster, __said) as __first
            from folded
        )
        select distinct on (__cluster) __cluster, {listed} from counted
        order by __cluster, __agreeing desc, {filled} desc, length(__said) desc, __first,
                 __spelt desc, {text} <> upper({text}) desc,
                 length(regexp_replace({text}, '[ -~]', '', 'g')) desc, __place
    """
