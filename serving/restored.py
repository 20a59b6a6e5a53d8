"""Whether the operational store came out of a backup and nobody has looked since.

What was withdrawn, suppressed, restricted, erased, closed or revoked after the backup is not in it.
Until somebody has entered that again and said so, lists for mailing tools and the copy in
PostgreSQL wait; the API and the Desk say it, and docs/operations.md says in what order to look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from serving.desk import audit
from stamm.store import Store

_TABLES = [
    "create table unchecked_restores (restored_at text primary key, made_at text not null)",
]


@dataclass(frozen=True)
class Unchecked:
    """`made_at` is when the backup was made: what was decided between both is lost."""

    restored_at: str
    made_at: str


def note_restore(store: Store, *, restored_at: str, made_at: str) -> None:
    """From now on it waits to be checked; whoever was logged in at the Desk is not any more."""
    store.migrate("unchecked_restores", _TABLES)
    with store.transaction() as db:
        # Who was restored twice without a look has lost what came after the older backup.
        db.execute(
            "insert or replace into unchecked_restores values (?, ?)", (restored_at, made_at)
        )
        if store.has_table("desk_sessions"):
            db.execute("delete from desk_sessions")


def unchecked(store: Store) -> Unchecked | None:
    """The restore that waits, with the oldest backup of those that do; None if none does."""
    if not store.has_table("unchecked_restores"):
        return None
    [row] = store.query(
        "select max(restored_at) as restored_at, min(made_at) as made_at from unchecked_restores"
    )
    return Unchecked(row["restored_at"], row["made_at"]) if row["restored_at"] else None


def checked(store: Store, *, at: datetime) -> Unchecked | None:
    """Somebody looked: all goes on, and the audit trail tells it. None if nothing waited."""
    with store.transaction() as db:
        waited = unchecked(store)
        if waited:
            db.execute("delete from unchecked_restores")
            audit.note(
                store, "operator", "checked the restore", at=at,
                detail=f"of {waited.restored_at}, backup of {waited.made_at}",
            )  # fmt: skip
    return waited
