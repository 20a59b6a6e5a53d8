"""Which clusters a change can touch: the components, as they were, of all that it concerns.

A component is what hangs together by pairs that may matter or by judgements. Records whose pairs
changed, partners of new pairs, and records of which somebody said something new make their
components dirty; what lies outside is clustered as it was, because clustering looks at one
component at a time.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from dedupe.clustering.clusters import component_threshold
from dedupe.judgement.judgements import Judgement, latest_verdicts
from dedupe.linking.blocking import IDENTICAL

if TYPE_CHECKING:
    import duckdb

_JUDGED = "link.judged_pairs"


def note_judgements(con: duckdb.DuckDBPyConnection, judged: Collection[Judgement]) -> None:
    """Write `link.judged_pairs`: the latest verdict on each pair of records."""
    con.execute(f"create or replace table {_JUDGED} as {_judged_sql(con, judged)}")


def renew_judgements(con: duckdb.DuckDBPyConnection, judged: Collection[Judgement]) -> None:
    """Write them anew; temp table `newly_judged` (record_id) of pairs that are judged otherwise."""
    con.execute(f"create or replace temp table judged_before as from {_JUDGED}")
    note_judgements(con, judged)
    changed = (
        f"((from {_JUDGED} except from judged_before)"
        f" union all (from judged_before except from {_JUDGED}))"
    )
    con.execute(
        f"create or replace temp table newly_judged as with changed as (from {changed})"
        " select left_record_id as record_id from changed"
        " union select right_record_id from changed"
    )


def write_dirty(con: duckdb.DuckDBPyConnection, party_type: str, enough: int) -> str:
    """Name of a temp table of the record ids, present or gone, to cluster again.

    After `relink` of the type and `renew_judgements`; `enough` is the merge threshold.
    """
    members, dirty = f"link.{party_type}_members", f"dirty_{party_type}"
    con.execute(
        "create or replace temp table new_edges as"
        f" select l_rid, r_rid from link.{party_type}_pairs"
        f" where (weight > {component_threshold(enough)} or blocking_rule = '{IDENTICAL}')"
        " and (l_rid in (select rid from relinked) or r_rid in (select rid from relinked))"
    )
    con.execute(
        "create or replace temp table dirty_components as"
        f" select distinct component from {members} where"
        " rid in (select rid from relinked union select l_rid from new_edges"
        " union select r_rid from new_edges)"
        " or record_id in (select record_id from newly_judged union"
        " select record_id from vanished)"
    )
    arrived = (
        f"select record_id from link.{party_type}_inputs where rid not in"
        f" (select rid from {members} where rid is not null)"
    )
    while True:
        con.execute(
            f"create or replace temp table {dirty} as select record_id from {members}"
            f" where component in (from dirty_components) union {arrived}"
        )
        if not _reach_partners(con, party_type, dirty):
            return dirty


def _reach_partners(con: duckdb.DuckDBPyConnection, party_type: str, dirty: str) -> bool:
    """Components of records judged the same as a dirty one are dirty; whether there were more."""
    added = con.execute(
        "insert into dirty_components"
        f" select distinct component from link.{party_type}_members as m"
        f" inner join (select left_record_id as one, right_record_id as other from {_JUDGED}"
        f"  where verdict = 'same' union all select right_record_id, left_record_id from {_JUDGED}"
        "  where verdict = 'same') as j on j.other = m.record_id"
        f" where j.one in (select record_id from {dirty})"
        " and component not in (from dirty_components)"
    ).fetchone()
    return bool(added and added[0])


def _judged_sql(con: duckdb.DuckDBPyConnection, judged: Collection[Judgement]) -> str:
    """Leaves temp table `latest_verdicts` and reads it."""
    con.execute(
        "create or replace temp table latest_verdicts"
        " (left_record_id varchar, right_record_id varchar, seq bigint, verdict varchar)"
    )
    rows = [(*pair, seq, verdict) for pair, (seq, verdict) in latest_verdicts(judged).items()]
    if rows:
        con.executemany("insert into latest_verdicts values (?, ?, ?, ?)", rows)
    return "from latest_verdicts"
