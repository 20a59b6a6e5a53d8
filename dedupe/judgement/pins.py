"""What people fixed by hand: the golden values of a group of fields, append-only, in the store.

A pin is bound to records, never to a golden id, so that it follows them through merges and splits;
`dedupe.survivorship.pinned` says whose it is. An unpin is a row as well. `forget_pins` is made for
an erasure, which is later work and will call it: values and reasons go, rows and numbers stay.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Row

from dedupe.judgement.record_aliases import Aliases, aliases
from stamm.errors import UsageError
from stamm.store import Store

_MIGRATIONS = [
    """
    create table pins (
      seq integer primary key, pinned_at text not null, pinned_by text not null,
      party_type text, field_group text, records text not null, anchor text,
      content text, reason text not null, ends text not null
    );
    create trigger pins_never_delete before delete on pins
      begin select raise(abort, 'pins is append-only'); end;
    create trigger pins_only_emptied before update on pins
      when new.content is not null or new.reason <> '' or new.seq is not old.seq
        or new.pinned_at is not old.pinned_at or new.pinned_by is not old.pinned_by
        or new.party_type is not old.party_type or new.field_group is not old.field_group
        or new.records is not old.records or new.anchor is not old.anchor
        or new.ends is not old.ends
      begin select raise(abort, 'pins is append-only'); end;
    """
]


@dataclass(frozen=True)
class Pin:
    """`records` are those of the party when it was pinned; `anchor` is the one that said it.

    `values` has the fields of the group that are filled; the others are empty on purpose.
    """

    seq: int
    pinned_at: datetime
    pinned_by: str
    party_type: str
    group: str
    records: frozenset[str]
    anchor: tuple[str, ...]
    values: Mapping[str, str]
    reason: str


@dataclass(frozen=True)
class Wish:
    """What somebody wants to pin: values of a group, on all records of a party.

    `anchor` is the record that says it; None where somebody typed it.
    """

    party_type: str
    group: str
    values: Mapping[str, str]
    records: frozenset[str]
    anchor: str | None = None


def pin(
    store: Store, wish: Wish, *, by: str, at: datetime, reason: str, instead_of: Sequence[int] = ()
) -> int:
    """Append a pin, and that it stands instead of earlier ones. Gives its number.

    UsageError without a reason, records or values.
    """
    if not reason.strip():
        raise UsageError("expected a reason, found none")
    if not wish.records or not wish.values:
        raise UsageError("expected records and a value to pin, found none")
    told = (at.isoformat(), by, wish.party_type, wish.group, json.dumps(sorted(wish.records)),
            wish.anchor, json.dumps(dict(wish.values), ensure_ascii=False),
            reason.strip())  # fmt: skip
    return _append(store, told, instead_of)


def unpin(store: Store, number: int, *, by: str, at: datetime, reason: str) -> int:
    """Append that a pin holds no more. UsageError if it does not hold."""
    with store.transaction():
        if number not in {one.seq for one in pins(store)}:
            raise UsageError(f"expected the number of a pin that holds, found {number}")
        told = (at.isoformat(), by, None, None, "[]", None, None, reason.strip())
        return _append(store, told, [number])


def pins(store: Store) -> list[Pin]:
    """Those that nobody ended, oldest first; records by all their names."""
    store.migrate("pins", _MIGRATIONS)
    rows, known = store.query("select * from pins order by seq"), aliases(store)
    ended = {number for row in rows for number in json.loads(row["ends"])}
    return [
        _pin(row, known) for row in rows if row["content"] is not None and row["seq"] not in ended
    ]


def forget_pins(store: Store, records: Collection[str], *, by: str, at: datetime) -> int:
    """Empty every pin that is bound to one of these records: the person is erased.

    The reasons of those who ended such a pin go, too; a pin that stands instead of it is emptied
    only if it is bound to one of the records itself. A row without words is appended that ends
    them: it says when that was, and decisions grow by it, so that the next run looks again.
    Gives the number of pins emptied.
    """
    store.migrate("pins", _MIGRATIONS)
    with store.transaction() as db:
        rows = store.query("select * from pins order by seq")
        bound = _bound(rows, set(records), aliases(store))
        filled = [r["seq"] for r in rows if r["seq"] in bound and r["content"] is not None]
        ended = [
            r["seq"]
            for r in rows
            if r["content"] is None and r["reason"] and bound & set(json.loads(r["ends"]))
        ]
        db.executemany(
            "update pins set content = null, reason = '' where seq = ?",
            [(number,) for number in (*filled, *ended)],
        )
        if filled:
            _append(store, (at.isoformat(), by, None, None, "[]", None, None, ""), filled)
    return len(filled)


def _bound(rows: Iterable[Row], records: set[str], known: Aliases) -> set[int]:
    """The pins that are bound to one of these records, under whatever name."""
    return {
        row["seq"]
        for row in rows
        if records & {name for one in json.loads(row["records"]) for name in known.names(one)}
    }


def _append(store: Store, told: tuple[object, ...], ends: Sequence[int]) -> int:
    store.migrate("pins", _MIGRATIONS)
    with store.transaction() as db:
        cursor = db.execute(
            "insert into pins (pinned_at, pinned_by, party_type, field_group, records, anchor,"
            " content, reason, ends) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*told, json.dumps(sorted(ends))),
        )
    return int(cursor.lastrowid or 0)


def _pin(row: object, known: Aliases) -> Pin:
    found = dict(row)  # type: ignore[call-overload]  # a row of SQLite is a mapping
    every = {name for one in json.loads(found["records"]) for name in known.names(one)}
    return Pin(
        found["seq"], datetime.fromisoformat(found["pinned_at"]), found["pinned_by"],
        found["party_type"], found["field_group"], frozenset(every),
        known.names(found["anchor"]) if found["anchor"] else (),
        json.loads(found["content"]), found["reason"],
    )  # fmt: skip
