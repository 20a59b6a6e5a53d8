"""Opaque ids: time-ordered ones for loads and runs, keyed hashes for records."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from ulid import ULID

from stamm.clock import Clock

_SEPARATOR = "\x1f"  # never part of a source, stream or key name, so parts cannot run together


def new_ulid(clock: Clock) -> str:
    """A 26-character id that sorts by the clock's time."""
    return str(ULID.from_datetime(clock.now()))


def record_id(secret: bytes, source: str, stream: str, key: str) -> str:
    """32 hex digits of keyed BLAKE2b: raw keys can be e-mail addresses and must not travel on."""
    return record_ids(secret, source, stream)(key)


def record_ids(secret: bytes, source: str, stream: str) -> Callable[[str], str]:
    """`record_id` for many keys of one stream; what they share is hashed once."""
    shared = f"{source}{_SEPARATOR}{stream}{_SEPARATOR}".encode()
    begun = hashlib.blake2b(shared, key=secret, digest_size=16)

    def of(key: str) -> str:
        hashed = begun.copy()
        hashed.update(key.encode())
        return hashed.hexdigest()

    return of
