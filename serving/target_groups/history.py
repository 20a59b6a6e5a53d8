"""How many were in each target group, build by build, in the operational store.

In: `target_groups` of a run's build, when the change feed is told of it. Out:
`target_group_counts`, which the next run's `target_group_trend` continues from (through
`serving.exports`). Counts only: who was in a group is in the builds that are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stamm.store import Store

if TYPE_CHECKING:
    import duckdb

DDL = [
    """
    create table target_group_counts (
      target_group text not null, build_at text not null, as_of text not null,
      condition text not null, members integer not null, may_leave integer not null,
      permission_email integer not null, permission_sms integer not null,
      permission_phone integer not null, permission_post integer not null,
      primary key (target_group, build_at)
    );
    """
]
_COUNTED = """
select target_group, build_at::varchar, as_of::varchar, condition, members, may_leave,
    permission_email, permission_sms, permission_phone, permission_post
from target_groups order by target_group
"""


def store_counts(con: duckdb.DuckDBPyConnection, store: Store) -> int:
    """Keep the counts of a build; a build that is told again replaces its own."""
    tables = {row[0] for row in con.sql("show tables").fetchall()}
    if "target_groups" not in tables:
        return 0
    store.migrate("target_group_counts", DDL)
    rows = con.sql(_COUNTED).fetchall()
    with store.transaction() as db:
        marks = ", ".join("?" * 10)
        db.executemany(f"insert or replace into target_group_counts values ({marks})", rows)
    return len(rows)
