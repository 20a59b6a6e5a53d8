"""A backup → an empty data folder, and what must not happen before somebody looked.

The ledger of each target is as old as the backup: customers that were sent since stand in the
target and not in the ledger. A push would make them a second time. So each target of which the
restored store knows is closed until somebody has compared it (`stamm push --reconcile`). Likewise
withdrawals, suppressions and erasures since the backup are lost: lists for mailing tools and the
copy in PostgreSQL wait until somebody has entered them again (`stamm restore --checked`).
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from orchestration.alone import alone
from orchestration.backup import Backup, read_backup
from orchestration.project import Project
from serving.restored import note_restore, unchecked
from stamm.clock import Clock, SystemClock
from stamm.errors import StammError, UsageError
from stamm.store import Store

_TABLES = """
create table unreconciled (sink text primary key, restored_at text not null);
"""


_BESIDE = ("wal", "shm", "journal")


class NotReconciled(StammError):
    """A target's ledger is older than the target, or nobody looked what the store has lost."""


def restore(project: Project, folder: Path, clock: Clock | None = None) -> Backup:
    """Put a whole backup into a data folder that has neither store nor landing."""
    clock, home = clock or SystemClock(), project.home
    backup = read_backup(folder)
    home.root.mkdir(parents=True, exist_ok=True)
    with alone(project):
        _require_empty(project)
        for part in ("landing", "linkage"):
            if (folder / part).exists():
                shutil.copytree(folder / part, home.root / part, dirs_exist_ok=True)
        # Last, as a project is there from the moment that its store is; its targets are closed by
        # then, lest whoever dies in between leaves them open.
        beside = home.store.with_suffix(".new")
        shutil.copy2(folder / "state.db", beside)
        with closing(Store.open(beside)) as store:
            _note(store, backup, project.settings.sinks, clock)
        with closing(sqlite3.connect(beside)) as copy:
            copy.execute("pragma journal_mode = delete")  # one file, with nothing beside it
        beside.replace(home.store)
    return backup


def unreconciled(store: Store) -> set[str]:
    """Targets that nobody compared since a restore."""
    store.migrate("restores", [_TABLES])
    return {row["sink"] for row in store.query("select sink from unreconciled")}


def require_reconciled(store: Store, sink: str) -> None:
    """Raise `NotReconciled` if this target may not be pushed to yet."""
    if sink in unreconciled(store):
        raise NotReconciled(
            f"{sink}: expected a ledger as new as the target, found one out of a backup",
            hint="Customers sent since then would be made twice. docs/operations.md, After a "
            f"restore, says how to compare; then `stamm push --reconcile {sink}`.",
        )


def require_checked(store: Store, what: str) -> None:
    """Raise `NotReconciled` while nobody has looked since a restore."""
    waits = unchecked(store)
    if waits:
        raise NotReconciled(
            f"{what}: expected a store that knows all withdrawals and erasures, found one restored "
            f"at {waits.restored_at} out of the backup of {waits.made_at}",
            hint="docs/operations.md, After a restore, says what to enter again; then "
            "`stamm restore --checked`.",
        )


def reconcile(store: Store, sink: str) -> bool:
    """Somebody compared: pushes go on. False if nothing waited for that."""
    waited = sink in unreconciled(store)
    with store.transaction() as db:
        db.execute("delete from unreconciled where sink = ?", (sink,))
    return waited


def _require_empty(project: Project) -> None:
    home = project.home
    # What a killed process left beside its store would be applied to the restored one.
    stores = [home.store, *(home.store.with_name(f"{home.store.name}-{x}") for x in _BESIDE)]
    full = home.landing.exists() and any(home.landing.iterdir())
    if full or any(path.exists() for path in stores):
        raise UsageError(
            f"{home.root}: expected no state.db (nor state.db-wal) and no landing, found one",
            hint="Move that folder aside first; nothing of it was touched.",
        )


def _note(store: Store, backup: Backup, sinks: Collection[str], clock: Clock) -> None:
    from connectors.sinks.ledger import names

    now = clock.now().isoformat(timespec="seconds")
    store.migrate("restores", [_TABLES])
    with store.transaction() as db:
        note_restore(store, restored_at=now, made_at=backup.made_at)
        db.executemany(
            "insert or replace into unreconciled values (?, ?)",
            [(sink, now) for sink in sorted({*names(store), *sinks})],
        )
