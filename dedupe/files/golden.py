"""Clusters → one record each, under the files' own columns.

Per column the value that most records agree on, however they spell it; then the most complete,
then the earliest record's. Of its spellings the most used one stays, then one with umlauts and
small letters. Address parts are one value: a street never meets another record's town.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dedupe.discovery.match_input import folded_sql
from dedupe.files.loaded import POSITION, RECORD, quoted

if TYPE_CHECKING:
    import duckdb

    from dedupe.discovery import Discovery

ADDRESS = ("street", "house_number", "postcode", "city", "state", "country")
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
    con: duckdb.DuckDBPyConnection, columns: Iterable[str], together: Iterable[tuple[str, ...]]
) -> None:
    """Leave `files.golden`: `cluster_id`, `size`, then the columns, one row per cluster."""
    con.execute(f"""
        create or replace temp table duplicated as
        select c.cluster_id, c.place, r.* from files.clusters as c
        join files.records as r using ({RECORD}) where c.size > 1
    """)
    joins: list[str] = []
    source: dict[str, str] = {}
    for number, unit in enumerate(together):
        con.execute(f"create or replace temp table chosen_{number} as {chosen_sql(unit)}")
        joins.append(f"left join chosen_{number} using (cluster_id)")
        source |= dict.fromkeys(unit, f"chosen_{number}")
    cells = ", ".join(
        f"case when o.size > 1 then {source[c]}.{quoted(c)} else r.{quoted(c)} end as {quoted(c)}"
        for c in columns
    )
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


def chosen_sql(unit: tuple[str, ...]) -> str:
    """The winning values of one unit per cluster of `duplicated` (cluster_id, place, columns)."""
    names = [quoted(column) for column in unit]
    listed, folds = ", ".join(names), ", ".join(folded_sql(name) for name in names)
    filled = " + ".join(f"({name} is not null)::int" for name in names)
    text = f"concat_ws(' ', {listed})"
    return f"""
        with given as (
            select cluster_id, {listed}, count(*) as spelt, min(place) as place
            from duplicated where coalesce({listed}) is not null group by cluster_id, {listed}
        ),
        folded as (select *, concat_ws(' ', {folds}) as said from given),
        counted as (
            select *, sum(spelt) over (partition by cluster_id, said) as agreeing,
                   min(place) over (partition by cluster_id, said) as first_place
            from folded
        )
        select distinct on (cluster_id) cluster_id, {listed} from counted
        order by cluster_id, agreeing desc, {filled} desc, length(said) desc, first_place,
                 spelt desc, {text} <> upper({text}) desc,
                 length(regexp_replace({text}, '[ -~]', '', 'g')) desc, place
    """
