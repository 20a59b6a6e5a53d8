"""The operational store: what cannot be rebuilt and is not a source's word (SQLite, WAL).

Each package brings its own numbered statements through `migrate`; this module knows no table
but its own two.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from stamm.errors import StoreBusy, StoreError

_OWN_TABLES = """
create table if not exists migrations (
  component text not null, version integer not null, primary key (component, version)
);
create table if not exists secrets (name text primary key, value blob not null);
"""
_SECRET_BYTES = 32
_LOCK_SECONDS = 30.0


class Store:
    """A connection to `state.db`; one instance may be shared by threads, calls take turns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._turn = threading.RLock()

    @staticmethod
    def open(path: Path) -> Store:
        """Open or create the store at `path`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = None
        try:
            connection = sqlite3.connect(
                path, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False
            )
            connection.row_factory = sqlite3.Row
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            connection.execute("pragma foreign_keys = on")
            connection.executescript(_OWN_TABLES)
        except sqlite3.DatabaseError as failure:
            if connection is not None:
                connection.close()
            raise _unusable(path, failure) from failure
        return Store(connection)

    def close(self) -> None:
        self._connection.close()

    def copy_to(self, path: Path) -> None:
        """A copy of the store as it is now, at a place where there is none."""
        with self._turn, closing(sqlite3.connect(path)) as copy:
            self._connection.backup(copy)

    def migrate(self, component: str, statements: Sequence[str]) -> None:
        """Run those of the component's statements that were not run yet, each exactly once.

        Where there is nothing to do it only reads, so that no reader waits for a run that writes.
        """
        if self._versions(component) == set(range(1, len(statements) + 1)):
            return
        with self.transaction() as db:
            done = self._versions(component)
            if done and max(done) > len(statements):
                raise StoreError(
                    f"the store's part {component!r} is at version {max(done)}, "
                    f"this Stamm knows {len(statements)}",
                    hint="Use the newer Stamm that wrote it.",
                )
            for version, statement in enumerate(statements, start=1):
                if version not in done:
                    for single in _split(statement):
                        db.execute(single)
                    db.execute("insert into migrations values (?, ?)", (component, version))

    def _versions(self, component: str) -> set[int]:
        rows = self.query("select version from migrations where component = ?", [component])
        return {row["version"] for row in rows}

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; transactions inside one another join the outer one."""
        with self._turn:
            if self._connection.in_transaction:
                yield self._connection
                return
            try:
                self._connection.execute("begin immediate")
            except sqlite3.OperationalError as failure:
                raise self._told(failure) from failure
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def _told(self, failure: sqlite3.OperationalError) -> Exception:
        path = Path(str(self._connection.execute("pragma database_list").fetchone()["file"]))
        return _unusable(path, failure) if is_busy(failure) else failure

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        """All rows of a read."""
        with self._turn:
            return self._connection.execute(sql, tuple(parameters)).fetchall()

    def has_table(self, name: str) -> bool:
        """Whether a component has made this table yet."""
        return bool(self.query("select 1 from sqlite_master where type='table' and name=?", [name]))

    def secret(self, name: str) -> bytes:
        """A random key of 32 bytes, made at the first call and the same ever after."""
        known = self.query("select value from secrets where name = ?", [name])
        if known:
            return bytes(known[0]["value"])
        with self.transaction() as db:
            db.execute(
                "insert or ignore into secrets values (?, ?)",
                (name, secrets.token_bytes(_SECRET_BYTES)),
            )
            row = db.execute("select value from secrets where name = ?", (name,)).fetchone()
        return bytes(row["value"])


def append_only(*tables: str) -> list[str]:
    """Statements for `migrate`: from then on rows of these tables are neither changed nor taken."""
    return [
        f"create trigger {table}_never_{verb} before {verb} on {table} "
        f"begin select raise(abort, '{table} is append-only'); end;"
        for table in tables
        for verb in ("update", "delete")
    ]


def is_busy(failure: BaseException) -> bool:
    """Whether the store is whole, but somebody held it all the time that we waited."""
    if isinstance(failure, StoreBusy):
        return True
    code = getattr(failure, "sqlite_errorcode", None)  # an extended one bears it in its low byte
    return code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _unusable(path: Path, failure: sqlite3.DatabaseError) -> StoreError:
    if is_busy(failure):
        return StoreBusy(
            f"{path}: expected the operational store to be free within {_LOCK_SECONDS:.0f} s, "
            f"found: {failure}",
            hint="Look for a process that holds it, such as a shell of sqlite3; then try again.",
        )
    return StoreError(
        f"{path}: expected Stamm's operational store, found: {failure}",
        hint="Restore it from the backup; ids and judgements live only there.",
    )


def _split(statement: str) -> list[str]:
    """Single statements of a script; `executescript` would commit the transaction around it."""
    singles, buffer = [], ""
    for piece in statement.split(";"):
        buffer += piece + ";"
        if sqlite3.complete_statement(buffer):
            singles.append(buffer.strip())
            buffer = ""
    rest = buffer.strip(" \n;")
    return [*singles, rest] if rest else singles
