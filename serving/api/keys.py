"""Keys of the API: who may ask, for what, how often. Only a hash of each is kept.

In: a name, scopes and a rate. Out: the key as text, once, and rows of `api_keys` in the operational
store. A key is `stamm_<id>_<secret>`; the secret has 256 random bits, so that a plain keyed hash
keeps it (a slow one is for words that people choose).
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Literal, get_args

from stamm.errors import UsageError
from stamm.store import Store

Scope = Literal["read", "match", "judge", "consent"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PER_MINUTE = 600

DDL = [
    """
    create table api_keys (
      key_id text primary key, name text not null, hash blob not null, scopes text not null,
      per_minute integer not null, created_at text not null, revoked_at text
    )
    """
]
_PREFIX = "stamm"


@dataclass(frozen=True)
class Key:
    """A key without its secret. `name` says who holds it: the recipient in the log of reads."""

    key_id: str
    name: str
    scopes: frozenset[str]
    per_minute: int
    created_at: datetime
    revoked_at: datetime | None


def create_key(
    store: Store,
    name: str,
    scopes: Collection[str],
    *,
    at: datetime,
    per_minute: int = PER_MINUTE,
) -> tuple[Key, str]:
    """A new key and its text, which nobody can tell again. Raises UsageError for wrong words."""
    _check(name, scopes, per_minute)
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    made = Key(key_id, name.strip(), frozenset(scopes), per_minute, at, None)
    store.migrate("api_keys", DDL)
    row = (
        *(key_id, made.name, _hash(store, secret), json.dumps(sorted(scopes))),
        *(per_minute, at.isoformat(), None),
    )
    with store.transaction() as db:
        db.execute("insert into api_keys values (?, ?, ?, ?, ?, ?, ?)", row)
    return made, f"{_PREFIX}_{key_id}_{secret}"


def list_keys(store: Store) -> list[Key]:
    """All keys, oldest first, revoked ones too."""
    store.migrate("api_keys", DDL)
    return [_key(row) for row in store.query("select * from api_keys order by created_at, key_id")]


def revoke_key(store: Store, key_id: str, *, at: datetime) -> Key:
    """From the next request on the key opens nothing; again is no error. UsageError if unknown."""
    store.migrate("api_keys", DDL)
    with store.transaction() as db:
        db.execute(
            "update api_keys set revoked_at = coalesce(revoked_at, ?) where key_id = ?",
            (at.isoformat(), key_id),
        )
    found = {key.key_id: key for key in list_keys(store)}
    if key_id not in found:
        raise UsageError(
            f"expected the id of a key, found {key_id!r}", hint="`stamm key list` shows all."
        )
    return found[key_id]


def key_of(store: Store, text: str) -> Key | None:
    """The key that this text is, if it is one that was not revoked."""
    prefix, _, rest = text.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != _PREFIX or not secret:
        return None
    rows = store.query("select * from api_keys where key_id = ?", [key_id])
    if not rows or not hmac.compare_digest(bytes(rows[0]["hash"]), _hash(store, secret)):
        return None
    key = _key(rows[0])
    return None if key.revoked_at else key


def _hash(store: Store, secret: str) -> bytes:
    """Keyed by a secret of this store, so that a stolen table alone tests no guess."""
    return blake2b(secret.encode(), key=store.secret("api_keys"), digest_size=32).digest()


def _key(row: object) -> Key:
    found = dict(row)  # type: ignore[call-overload]  # a row of SQLite is a mapping
    revoked = found["revoked_at"]
    return Key(
        found["key_id"],
        found["name"],
        frozenset(json.loads(found["scopes"])),
        found["per_minute"],
        datetime.fromisoformat(found["created_at"]),
        datetime.fromisoformat(revoked) if revoked else None,
    )


def _check(name: str, scopes: Collection[str], per_minute: int) -> None:
    if not name.strip():
        raise UsageError(
            "expected the name of who will hold the key, found none",
            hint="It stands in the log of reads as the recipient (Art. 15 GDPR).",
        )
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise UsageError(
            f"expected scopes out of {', '.join(SCOPES)}, found {', '.join(unknown) or 'none'}"
        )
    if per_minute < 1:
        raise UsageError(f"expected at least one request per minute, found {per_minute}")
