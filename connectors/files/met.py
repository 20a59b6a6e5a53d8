"""Which keys a read has met, as digests on disk: memory does not grow with the number of rows."""

from __future__ import annotations

import hashlib
import sqlite3


class Met:
    """A set of keys that only says whether a key is new."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)  # a file that SQLite removes itself
        self._db.execute("pragma synchronous = off")
        self._db.execute("create table met (digest blob primary key) without rowid")
        self._db.execute("begin")

    def add(self, key: str) -> bool:
        """Whether the key was not met before."""
        digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        return self._db.execute("insert or ignore into met values (?)", (digest,)).rowcount == 1

    def close(self) -> None:
        self._db.close()
