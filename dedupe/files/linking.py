"""Pooled records → clusters, by the engine of the pipeline: each party type by its specification.

Leaves `link.*` as `dedupe.linking.linkage` does, `files.clusters` (`__record`, `cluster_id`,
`size`; ids number the clusters by their first record) and `files.pairs`, the scored pairs with
their levels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from dedupe.discovery import BuiltSpecification, Discovery, build_specification
from dedupe.discovery.discovery import NAMES
from dedupe.files.loaded import POSITION, RECORD, TABLE
from dedupe.files.own_specification import OwnSpecification, check_columns
from dedupe.linking.arriving import arriving
from dedupe.linking.blocking import set_copies_aside
from dedupe.linking.linkage import LinkResult, forget_compared, link_standardised
from dedupe.linking.patterns import level_sql
from dedupe.resolve import cluster_linked
from dedupe.specification import MOST_COMPARISONS, PartyType, Specification
from dedupe.standardise.records import standardise_records
from stamm.duck import quoted
from stamm.errors import InputError

if TYPE_CHECKING:
    import duckdb

    from dedupe.clustering.party_clusters import PartyClusters

Tell = Callable[[str], None]
_NAMED = 12  # columns in a sentence


@dataclass(frozen=True)
class LinkedType:
    """One party type: what linked it, and why its comparisons and rules were chosen."""

    party_type: str
    specification: Specification
    reasons: Mapping[str, str]
    result: LinkResult


@dataclass(frozen=True)
class Linked:
    """All party types that could be linked; sentences about those that could not."""

    types: tuple[LinkedType, ...]
    unsure: tuple[str, ...]


def link_records(
    con: duckdb.DuckDBPyConnection,
    discovery: Discovery,
    own: OwnSpecification,
    own_file: str,
    work_dir: Path,
    tell: Tell,
) -> Linked:
    """From the match input. Raises InputError if records of a type can in no way be compared."""
    linked, unsure = [], []
    con.execute("create or replace table files.grouped (record varchar, number bigint)")
    for party_type in _party_types(discovery):
        tell(f"looking for what tells {party_type} records apart")
        standardise_records(con, party_type)
        try:
            built = _specification(con, party_type, discovery, own, own_file)
        except InputError as nothing_to_compare:
            known = any(one.role in TELLING for one in discovery.columns)
            if own.of(party_type) or not (_group_equal(con, party_type) or known):
                raise
            unsure.append(
                f"{nothing_to_compare.message}; only records that say the very same are put"
                " together"
            )
            continue
        if built.left_out:
            unsure.append(_left_out(party_type, built.left_out))
        tell(f"linking {party_type} records")
        result = link_standardised(con, built.specification, work_dir=work_dir)
        forget_compared(con)
        tell(f"clustering {party_type} records")
        _group(con, cluster_linked(con, result.trained, scorable=result.scorable))
        result = replace(result, scorable=None)
        linked.append(LinkedType(party_type, built.specification, built.reasons, result))
    _write_clusters(con)
    _write_pairs(con, linked)
    return Linked(tuple(linked), tuple(unsure))


def _left_out(party_type: PartyType, columns: Sequence[str]) -> str:
    more = f" and {len(columns) - _NAMED} more" if len(columns) > _NAMED else ""
    return (
        f"there is room for {MOST_COMPARISONS} comparisons; what would tell {party_type} records"
        f" apart least is not compared: {', '.join(columns[:_NAMED])}{more}"
    )


def _party_types(discovery: Discovery) -> list[PartyType]:
    return [kind for kind in get_args(PartyType) if kind in discovery.party_types]


def _specification(
    con: duckdb.DuckDBPyConnection,
    party_type: PartyType,
    discovery: Discovery,
    own: OwnSpecification,
    own_file: str,
) -> BuiltSpecification:
    stated = own.of(party_type)
    if stated is not None:
        check_columns(con, stated, own_file)
        return BuiltSpecification(stated, {})
    return build_specification(con, party_type, discovery)


# A table that holds such columns is read rightly: that no two records agree is its answer.
TELLING = NAMES | {"email", "phone", "birth_date", "vat_id"}
_NEXT_NUMBER = "(select coalesce(max(number) + 1, 0) from files.grouped)"


def _group(con: duckdb.DuckDBPyConnection, found: PartyClusters) -> None:
    """Clusters of several records → `files.grouped`."""
    import pyarrow as pa

    several = np.flatnonzero(np.bincount(found.labels)[found.labels] > 1)
    record_ids = found.records.of_positions("record_id", several)
    rows = pa.table({"record": record_ids, "number": found.labels[several]})
    with arriving(con, rows) as clusters:
        con.execute(
            f"insert into files.grouped select record, number + {_NEXT_NUMBER} from {clusters}"
        )


def _group_equal(con: duckdb.DuckDBPyConnection, party_type: str) -> bool:
    """Records of a type that say the very same → `files.grouped`; False if no two of several do.

    The same once standardised; if there is nothing to standardise, the same letter by letter.
    """
    set_copies_aside(con, party_type)
    records = f"link.{party_type}_records"
    standardised = [c for c in con.table(records).columns if c not in {"rid", "record_id"}]
    con.execute(
        f"insert into files.grouped select r.record_id, e.first_rid + {_NEXT_NUMBER} from"
        " (from copies union select first_rid, first_rid from copies) as e"
        f" join {records} as r using (rid)"
        f" where {' or '.join(f'r.{column} is not null' for column in standardised)}"
    )
    if not con.table("files.grouped").limit(1).fetchall():
        # Columns of the user's may bear the names of standardised ones.
        own = [f"t.{quoted(c)}" for c in con.sql(f"from {TABLE}").columns if c != RECORD]
        con.execute(
            "insert into files.grouped select r.record_id, min(r.rid) over (partition by"
            f" {', '.join(own) or 'r.rid'})"
            f" from {TABLE} as t join {records} as r on r.record_id = t.{RECORD}"
        )
    alone = con.execute("select count(*) < 2 from files.records").fetchall()[0][0]
    several = con.execute(
        "select 1 from files.grouped group by number having count(*) > 1"
        " union all select 1 from files.copies limit 1"
    ).fetchall()
    return bool(alone or several)


def _write_clusters(con: duckdb.DuckDBPyConnection) -> None:
    """Records that no group holds stay alone; copies are where the first two are, if together."""
    con.execute(f"""
        create or replace table files.clusters as
        with following as (
            select c.{RECORD}, c.first_record from files.copies as c
            join files.grouped as a on a.record = c.first_record
            join files.grouped as b on b.record = c.second_record and b.number = a.number
        ),
        placed as (
            select r.{RECORD}, coalesce(f.first_record, r.{RECORD}) as seen,
                   row_number() over (order by r.__file, r.{POSITION}) as place
            from files.records as r left join following as f using ({RECORD})
        ),
        labelled as (
            select p.{RECORD}, p.place,
                   min(p.place) over (partition by coalesce('#' || g.number, p.seen)) as first_place
            from placed as p left join files.grouped as g on g.record = p.seen
        )
        select {RECORD}, dense_rank() over (order by first_place) as cluster_id,
               count(*) over (partition by first_place) as size, place
        from labelled order by place
    """)


def _write_pairs(con: duckdb.DuckDBPyConnection, linked: list[LinkedType]) -> None:
    """Also those that clustering scored, which no blocking rule made; the earlier record left."""
    parts = " union all by name ".join([_NO_PAIRS, *(_pairs_of_type(one) for one in linked)])
    con.execute(
        "create or replace table files.pairs as"
        f" select * from ({parts}) order by left_place, right_place"
    )


_NO_PAIRS = """
    select 0::bigint as left_place, 0::bigint as right_place, '' as party_type,
           '' as blocking_rule, 0.0::double as weight, 0.0::double as probability,
           false as same_cluster where false
"""


def _pairs_of_type(linked: LinkedType) -> str:
    party_type, specification = linked.party_type, linked.specification
    levels = "".join(
        f", {_level_name(specification, c.name)} as {quoted('level_' + c.name)}"
        for c in specification.comparisons
    )
    return f"""
        select least(a.place, b.place) as left_place, greatest(a.place, b.place) as right_place,
               '{party_type}' as party_type, p.blocking_rule,
               round(p.weight / 1000.0, 3)::double as weight,
               round(1 / (1 + pow(2.0, -p.weight / 1000.0)), 6) as probability,
               a.cluster_id = b.cluster_id as same_cluster{levels}
        from (
            select l_rid, r_rid, blocking_rule, pattern, weight from link.{party_type}_pairs
            union all
            select l_rid, r_rid, null, pattern, weight from link.{party_type}_component_pairs
        ) as p
        join link.{party_type}_records as l on l.rid = p.l_rid
        join link.{party_type}_records as r on r.rid = p.r_rid
        join files.clusters as a on a.{RECORD} = l.record_id
        join files.clusters as b on b.{RECORD} = r.record_id
    """


def _level_name(specification: Specification, comparison: str) -> str:
    """SQL: the level's name out of the pattern; null where a value was missing."""
    levels = specification.comparison(comparison).levels
    names = " ".join(
        f"when {len(levels) - place} then '{_escaped(level.name)}'"
        for place, level in enumerate(levels)
    )
    return f"case {level_sql(specification, comparison, 'p.pattern')} {names} end"


def _escaped(text: str) -> str:
    return text.replace("'", "''")
