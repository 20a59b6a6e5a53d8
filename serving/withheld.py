"""The change feed between builds and long after them: what is withheld, what is forgotten.

In: what may be seen of the current build now. Out: entries of `change_feed` that tell a consumer of
suppressions, restrictions and consents before the next build does; and a feed that is not kept for
ever, whose beginning is then a state instead of entries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from serving.builds import Build
from serving.changes import Values, replay
from serving.feed import DDL, News, append_entry, change_of, digest_of, last_told, told_of
from stamm.store import Store


def tell_withheld(
    store: Store, build: Build, shown: Mapping[str, str], touched: Iterable[str], at: datetime
) -> int:
    """Log what may no longer be told, or may again, of the build that the feed told last.

    `touched` are parties of whom something is withheld now, `shown` their contents as they may be
    seen (`contents_sql`); one that is in none may not be seen. Whoever was touched before must be
    among both. Returns how many changes were logged; none of a build that is not told yet.
    """
    with store.transaction() as db:
        if last_told(store) != build.build_id:
            return 0
        count = 0
        for party_id in sorted(touched):
            db.execute("insert or ignore into feed_withheld values (?)", (party_id,))
            news = _withheld(told_of(db, party_id), party_id, shown.get(party_id))
            if news is not None:
                append_entry(db, news, build.build_id, at)
                count += 1
    return count


def withheld_before(store: Store) -> set[str]:
    """Parties of whom `tell_withheld` was ever asked."""
    store.migrate("feed", DDL)
    return {row["party_id"] for row in store.query("select party_id from feed_withheld")}


def _withheld(told: Values | None, party_id: str, content: str | None) -> News | None:
    """The entry between what was told and what may be seen; None where they are the same."""
    if content is None:
        return None if told is None else News("WITHDRAW", party_id, None, "{}", None)
    digest = digest_of(content)
    if told is None:
        return News("ADD", party_id, None, content, digest)
    return News("MOD", party_id, None, content, digest) if told != json.loads(content) else None


def bounds(store: Store) -> tuple[int, int]:
    """The cursor from which on entries are kept, and that of the last one."""
    store.migrate("feed", DDL)
    [floor] = store.query("select cursor from feed_floor")
    [last] = store.query("select coalesce(max(cursor), ?) as n from change_feed", [floor["cursor"]])
    return floor["cursor"], last["n"]


def forget_changes(store: Store, before: datetime) -> int:
    """Take entries older than `before` away, and keep what they add up to; returns how many.

    A consumer whose cursor lies behind the rest has to load in full.
    """
    store.migrate("feed", DDL)
    with store.transaction() as db:
        [young] = db.execute(
            "select min(cursor) as n from change_feed where at >= ?", (before.isoformat(),)
        ).fetchall()
        floor, last = bounds(store)
        until = last if young["n"] is None else young["n"] - 1
        rows = db.execute(
            "select * from change_feed where cursor <= ? order by cursor", (until,)
        ).fetchall()
        begun = db.execute("select party_id, fields from feed_beginnings").fetchall()
        state = replay(
            map(change_of, rows), {r["party_id"]: json.loads(r["fields"]) for r in begun}
        )
        db.execute("delete from feed_beginnings")
        db.executemany(
            "insert into feed_beginnings values (?, ?)",
            [(party, json.dumps(values, ensure_ascii=False)) for party, values in state.items()],
        )
        db.execute("delete from change_feed where cursor <= ?", (until,))
        db.execute("update feed_floor set cursor = ?", (max(floor, until),))
    return len(rows)
