"""Which version of each record is landed: a cache beside a stream's loads, rebuilt at need.

One SQLite file per stream holds a hash per live record and the checkpoint of the load under
way, so that both move in one transaction. It knows nothing that landing does not: lost or out
of step with the manifests, it is built anew from them.
"""

from __future__ import annotations

import fcntl
import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from connectors.checkpoint import Checkpoint, as_text, of_text
from connectors.landing import fingerprint, load_folder, manifests
from stamm.errors import SourceError

FILE = "current.db"
T = TypeVar("T")

_TABLES = """
create table if not exists current (
  record_id text primary key, hash blob not null, pass integer not null
) without rowid;
create table if not exists rejected (
  identity text primary key, hash blob not null, pass integer not null
) without rowid;
create table if not exists facts (name text primary key, value text not null) without rowid;
"""
# Out of landing nobody knows which pass met what last; a rejected record may be any live one.
_RECORDS_LANDED, _REJECTIONS_LANDED = -1, 0
_MISSING = "pass <> ? and pass >= ?"
_LOOK_UP = 500  # ids in one statement
_SEEN = (
    "insert into current values (?, ?, ?) on conflict (record_id) "
    "do update set hash = excluded.hash, pass = excluded.pass"
)
_REFUSED = (
    "insert into rejected values (?, ?, ?) on conflict (identity) "
    "do update set hash = excluded.hash, pass = excluded.pass"
)


def content_hash(raw: bytes) -> bytes:
    """Tells versions of a record apart; 16 bytes."""
    return hashlib.blake2b(raw, digest_size=16).digest()


class CurrentVersions:
    """The cache of one stream; holding it open keeps a second extraction of the stream out."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = (folder / ".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as failure:
            self._lock.close()
            raise SourceError(
                f"{folder.parent.name}.{folder.name} is being extracted by another process",
                hint="Wait until that run has ended.",
            ) from failure
        self._db = self._opened()
        self.mending(self._in_step)

    def _in_step(self) -> None:
        if self._fact("fingerprint") != fingerprint(self._folder) and self.checkpoint() is None:
            self.rebuild()

    def mending(self, read: Callable[[], T]) -> T:
        """What `read` gives; it is begun anew if it meets a damaged page, with the cache made anew.

        Damage that nothing meets is not looked for: that would read all of the file each time.
        """
        try:
            return read()
        except sqlite3.DatabaseError as failure:
            if not _tells_damage(failure) or self._is_sound():
                raise
        self._db.close()
        self._db = self._emptied()
        self.rebuild()
        return read()

    def close(self) -> None:
        self._db.close()
        self._lock.close()

    def checkpoint(self) -> Checkpoint | None:
        """The load under way when the last process stopped, if there was one."""
        text = self._fact("checkpoint")
        return None if text is None else of_text(text)

    def hashes_of(self, record_ids: Iterable[str]) -> dict[str, bytes]:
        """Record id → hash of the landed version, for those that have one."""
        return self._found("select record_id, hash from current where record_id", record_ids)

    def rejections_of(self, identities: Iterable[str]) -> dict[str, bytes]:
        """Identity → hash of the version that stands rejected, for those that have one."""
        if self._db.execute("select 1 from rejected limit 1").fetchone() is None:
            return {}
        return self._found("select identity, hash from rejected where identity", identities)

    def rejected_in(self, identities: Iterable[str]) -> dict[str, int]:
        """Identity → the latest pass that met it, for those that stand rejected."""
        return self._found("select identity, pass from rejected where identity", identities)

    def _found(self, select: str, ids: Iterable[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        wanted = sorted(ids)  # neighbours share pages of the index
        for start in range(0, len(wanted), _LOOK_UP):
            some = wanted[start : start + _LOOK_UP]
            marks = ",".join("?" * len(some))
            found.update(self._db.execute(f"{select} in ({marks})", some))
        return found

    def live(self) -> int:
        """Number of live records."""
        return int(self._db.execute("select count(*) from current").fetchone()[0])

    def met(self, reading: int) -> int:
        """Live records that one pass met."""
        sql = "select count(*) from current where pass = ?"
        return int(self._db.execute(sql, (reading,)).fetchone()[0])

    def accounted(self, reading: int | None = None) -> int:
        """Records known (in one pass), live or rejected, each once."""
        where, bound = ("where pass = ?", (reading,)) if reading is not None else ("", ())
        sql = (
            f"select count(*) from (select record_id from current {where} "
            f"union select identity from rejected {where})"
        )
        return int(self._db.execute(sql, bound * 2).fetchone()[0])

    def missing(self, reading: int, since: int = -1) -> Iterator[str]:
        """Live records that a full pass did not meet, but one from `since` on; in order."""
        sql = f"select record_id from current where {_MISSING} order by record_id"
        for row in self._db.execute(sql, (reading, since)):
            yield row[0]

    def last_met_before(self, reading: int) -> int:
        """Live records that no pass from this one on has met."""
        sql = "select count(*) from current where pass < ?"
        return int(self._db.execute(sql, (reading,)).fetchone()[0])

    def rejections_missing(self, reading: int) -> list[str]:
        """Rejected records that a full pass did not meet, in order."""
        sql = "select identity from rejected where pass <> ? order by identity"
        return [row[0] for row in self._db.execute(sql, (reading,))]

    def advance(
        self,
        checkpoint: Checkpoint,
        seen: Iterable[tuple[str, bytes]] = (),
        gone: Iterable[str] = (),
        refused: Iterable[tuple[str, bytes]] = (),
        withdrawn: Iterable[str] = (),
    ) -> None:
        """Take over what a flushed part holds, and the checkpoint, in one transaction."""
        number = checkpoint.reading
        met = sorted((rid, digest, number) for rid, digest in seen)
        with self._db:
            self._db.executemany(_SEEN, met)
            self._withdraw(withdrawn)
            self._db.executemany("delete from current where record_id = ?", ((r,) for r in gone))
            self._db.executemany(_REFUSED, ((i, digest, number) for i, digest in refused))
            self._set("checkpoint", as_text(checkpoint))

    def finish(
        self, *, full_pass: int | None, since: int = -1, withdrawn: Iterable[str] = ()
    ) -> None:
        """The load is committed: forget what is `missing` in a full pass, and the checkpoint."""
        with self._db:
            if full_pass is not None:
                self._db.execute(f"delete from current where {_MISSING}", (full_pass, since))
            self._withdraw(withdrawn)
            self._db.execute("delete from facts where name = 'checkpoint'")
            self._set("fingerprint", fingerprint(self._folder))

    def next_pass(self) -> int:
        """A number no earlier pass of this stream had."""
        with self._db:
            number = int(self._fact("pass") or 0) + 1
            self._set("pass", str(number))
        return number

    def rebuild(self) -> None:
        """Read all committed parts again; an open load is forgotten."""
        with self._db:
            self._db.execute("delete from current")
            self._db.execute("delete from rejected")
            self._db.execute("delete from facts where name = 'checkpoint'")
            for manifest in manifests(self._folder):
                folder = load_folder(self._folder, manifest.load_id)
                for part in manifest.parts:
                    self._replay(folder / part.name)
                for part in manifest.rejected_parts:
                    self._replay_rejected(folder / part.name)
            self._set("fingerprint", fingerprint(self._folder))

    def _replay(self, part: Path) -> None:
        for rid, op, raw in _rows(part, "_record_id", "_op", "_raw"):
            if op == "delete":
                self._db.execute("delete from current where record_id = ?", (rid,))
            else:
                self._db.execute(_SEEN, (rid, content_hash(raw.encode()), _RECORDS_LANDED))

    def _replay_rejected(self, part: Path) -> None:
        for identity, rule, raw in _rows(part, "_identity", "_rule", "_raw"):
            if rule is None:
                self._withdraw([identity])
            else:
                digest = content_hash(raw.encode())
                self._db.execute(_REFUSED, (identity, digest, _REJECTIONS_LANDED))

    def _withdraw(self, identities: Iterable[str]) -> None:
        self._db.executemany("delete from rejected where identity = ?", ((i,) for i in identities))

    def _opened(self) -> sqlite3.Connection:
        path = self._folder / FILE
        try:
            return _connect(path)
        except sqlite3.DatabaseError as failure:
            if not _tells_damage(failure):
                raise
            return self._emptied()

    def _emptied(self) -> sqlite3.Connection:
        for file in self._folder.glob(f"{FILE}*"):  # a cache: broken is the same as absent
            file.unlink()
        return _connect(self._folder / FILE)

    def _is_sound(self) -> bool:
        try:
            return bool(self._db.execute("pragma quick_check(1)").fetchone()[0] == "ok")
        except sqlite3.DatabaseError:
            return False

    def _fact(self, name: str) -> str | None:
        row = self._db.execute("select value from facts where name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def _set(self, name: str, value: str) -> None:
        self._db.execute("insert or replace into facts values (?, ?)", (name, value))


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")  # a lost tail means re-reading, not a gap
    connection.executescript(_TABLES)
    return connection


def _tells_damage(failure: sqlite3.DatabaseError) -> bool:
    """Whether it is the file that fails, not a full disk or somebody else at work."""
    code = getattr(failure, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF  # without its details
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _rows(part: Path, *columns: str) -> Iterator[tuple[str, ...]]:
    """Rows of a Parquet part, a batch at a time."""
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(part).iter_batches(columns=list(columns)):
        yield from zip(*(batch.column(name).to_pylist() for name in columns), strict=True)
