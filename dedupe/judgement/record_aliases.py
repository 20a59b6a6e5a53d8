"""Records that their source gave a new key: what was known of the old one holds for the new one.

In: statements "OLD is now NEW", by a person or from a source's file; append-only, in the
operational store. Out: `Aliases`, through which judgements and the ledger of ids read a record's
later names. Record ids only.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from sqlite3 import Row

from stamm.errors import UsageError
from stamm.store import Store, append_only

_FACET = "#"  # an organisation cut from a record is named after it: <record id>#org
_MIGRATIONS = [
    """
    create table record_aliases (
      seq integer primary key, stated_at text not null, stated_by text not null,
      old_record_id text not null unique, new_record_id text not null, reason text not null
    )
    """,
    *append_only("record_aliases"),
]
_CHAINS = """
    with recursive chain as (
      select * from record_aliases where old_record_id in (select value from json_each(?))
      union
      select a.* from record_aliases as a join chain on a.old_record_id = chain.new_record_id
    )
    select * from chain
"""


@dataclass(frozen=True)
class Aliases:
    """`newer`: record → the name it was given next. Parts cut from a record follow it.

    `stated_at` has the same keys: whoever bears one of them later is another record.
    """

    newer: Mapping[str, str] = field(default_factory=dict)
    stated_at: Mapping[str, datetime] = field(default_factory=dict)

    def current(self, record_id: str) -> str:
        """The name that a record bears today."""
        return self.names(record_id)[-1]

    def names(self, record_id: str) -> tuple[str, ...]:
        """A record's name and all its later ones, in order."""
        whole, cut, part = record_id.partition(_FACET)
        names = [whole]
        while (newer := self.newer.get(names[-1])) is not None:
            names.append(newer)
        return tuple(name + cut + part for name in names)

    def former_names(self, records: Collection[str]) -> set[str]:
        """All names that these records bore before."""
        parts: dict[str, list[str]] = defaultdict(list)
        for record in records:
            whole, cut, part = record.partition(_FACET)
            parts[whole].append(cut + part)
        return {
            old + part
            for old in self.newer
            for name in self.names(old)[1:]
            for part in parts.get(name, ())
        }

    def next_name(self, record_id: str) -> tuple[str, datetime] | None:
        """The name that a record was given next, and when that was stated."""
        whole, cut, part = record_id.partition(_FACET)
        newer = self.newer.get(whole)
        return None if newer is None else (newer + cut + part, self.stated_at[whole])


def prepare(store: Store) -> None:
    """Make the table where it is missing."""
    store.migrate("record_aliases", _MIGRATIONS)


def aliases(store: Store) -> Aliases:
    """All that was stated so far."""
    prepare(store)
    return _read(store.query("select * from record_aliases order by seq"))


def aliases_of(store: Store, records: Collection[str]) -> Aliases:
    """What was stated of these records and of their later names, found by index."""
    prepare(store)
    named = json.dumps(sorted({record.partition(_FACET)[0] for record in records}))
    return _read(store.query(_CHAINS, [named]))


def _read(rows: Iterable[Row]) -> Aliases:
    told = [(row["old_record_id"], row["new_record_id"], row["stated_at"]) for row in rows]
    return Aliases(
        {old: new for old, new, _ in told},
        {old: datetime.fromisoformat(at) for old, _, at in told},
    )


def state_aliases(
    store: Store, pairs: Iterable[tuple[str, str]], *, by: str, at: datetime, reason: str
) -> int:
    """Append that each OLD is now NEW; what was stated before is passed over. Gives the new ones.

    Raises UsageError, and appends nothing, if a statement contradicts another one.
    """
    prepare(store)
    stated = 0
    with store.transaction() as db:
        newer = dict(aliases(store).newer)
        for old, new in pairs:
            if newer.get(old) == new:
                continue
            _check(Aliases(newer), old, new)
            newer[old] = new
            stated += 1
            db.execute(
                "insert into record_aliases (stated_at, stated_by, old_record_id, new_record_id,"
                " reason) values (?, ?, ?, ?, ?)",
                (at.isoformat(), by, old, new, reason),
            )
    return stated


def _check(known: Aliases, old: str, new: str) -> None:
    if _FACET in old or _FACET in new:
        raise UsageError(
            f"{old} → {new}: expected whole records, found a part that was cut from one",
            hint="State it of the record before the #; its parts follow.",
        )
    if old in known.newer:
        raise UsageError(
            f"{old}: expected a record without a newer name, it is {known.current(old)} already",
            hint=f"If that one was given a new key again, state it: {known.current(old)} → {new}.",
        )
    if old in known.names(new):
        raise UsageError(
            f"{old} → {new}: expected a newer name, found that {new} became {old}",
            hint="A record cannot become itself; the other way round?",
        )
