"""Judges single records: what lands, what is rejected and by which rule."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from connectors.current import content_hash
from connectors.drift import Met, Policy, Watch
from connectors.progress import as_text
from connectors.schema import Schema
from connectors.source import Stream, Unreadable
from stamm.errors import SchemaDrifted
from stamm.ids import record_ids

_DEEPEST = 254  # levels that the writer of JSON takes
_TOO_DEEP = re.compile("depth|recursion", re.IGNORECASE)  # as versions of the writer put it
# How reading a field of a record fails that is not as it should be.
_UNREADABLE = (ValueError, TypeError, LookupError, OverflowError, AttributeError)


class Accepted(NamedTuple):  # made once per record: a frozen dataclass takes four times as long
    """A record with a key; `op` is `upsert`, or `delete` if the record says that it is gone."""

    record_id: str
    key: str
    cursor: str | None
    op: str
    raw: bytes
    digest: bytes


class Rejected(NamedTuple):
    """A record that does not land. `identity` is its record id, or stands for its content."""

    identity: str
    rule: str
    reason: str
    raw: str
    digest: bytes

    @property
    def is_nameless(self) -> bool:
        """Whether its key could not be read: it may be any record."""
        return self.identity.startswith("?")


class Unwritable(NamedTuple):
    """Why a record cannot land: no JSON holds it."""

    rule: str
    reason: str


class Judge:
    """Applies one stream's declaration to its records."""

    def __init__(
        self,
        source: str,
        stream: Stream,
        secret: bytes,
        schema: Schema | None = None,
        policy: Policy = "evolve",
    ) -> None:
        import orjson

        self._place = f"{source}.{stream.name}"
        self._stream = stream
        self._watch = Watch(schema)
        self._policy = policy
        self._key = stream.primary_key
        self._single = len(stream.primary_key) == 1
        self._cursor = stream.cursor.read if stream.cursor else None
        self._deleted = stream.deleted
        self._record_id: Callable[[str], str] = record_ids(secret, source, stream.name)
        self._dumps: Callable[[Any], bytes] = orjson.dumps

    def __call__(self, record: Any) -> Accepted | Rejected:
        """The verdict on one record; raises `SchemaDrifted` only, and only if that is asked for."""
        try:
            raw = self._dumps(record)
        except TypeError as failure:  # rare, and not always the record's fault
            written = _at_length(record, str(failure))
            if isinstance(written, Unwritable):
                return self._set_aside(record, written)
            raw = written
        if type(record) is not dict and not isinstance(
            record, Mapping
        ):  # the first is the fast one
            return self._rejected(raw, "not_an_object", f"a {type(record).__name__}")
        key = self._key_of(record)
        if key is None:
            return self._rejected(raw, "key_missing", f"no {' + '.join(self._key)}")
        return self._judged(record, raw, key, self._record_id(key))

    def _judged(
        self, record: Mapping[str, Any], raw: bytes, key: str, rid: str
    ) -> Accepted | Rejected:
        """The verdict on a record with a key."""
        try:
            deleted = self._deleted is not None and self._deleted(record)
        except _UNREADABLE:
            return self._rejected(
                raw, "deletion_unreadable", "cannot be told whether it is deleted", rid
            )
        for name in () if deleted else self._stream.mandatory:
            if record.get(name) is None:
                return self._rejected(raw, "mandatory_null", f"{name} is null", rid)
        drifts = () if deleted else self._watch(record)
        if drifts and self._policy != "evolve":
            differs = "; ".join(map(str, drifts))
            if self._policy == "fail":
                raise self._drifted(differs)
            return self._rejected(raw, "schema_drift", differs, rid)
        try:
            moment = self._cursor(record) if self._cursor else None
        except _UNREADABLE:
            return self._rejected(raw, "cursor_unreadable", "its moment cannot be read", rid)
        cursor = as_text(moment) if moment else None
        op = "delete" if deleted else "upsert"
        return Accepted(rid, key, cursor, op, raw, content_hash(raw))

    def drift(self) -> Met:
        """How records differed from the declaration, since the last call."""
        return self._watch.met()

    def _drifted(self, differs: str) -> SchemaDrifted:
        return SchemaDrifted(
            f"{self._place}: a record differs from what is declared: {differs}",
            hint="The page was not landed; the next run asks for it again. Declare the field, or "
            f"set drift.{self._stream.name} to evolve or quarantine in stamm.yaml.",
        )

    def _set_aside(self, record: Any, found: Unwritable) -> Rejected:
        try:
            key = self._key_of(record) if isinstance(record, Mapping) else None
            rid = self._record_id(key) if key else None
        except (UnicodeEncodeError, RecursionError):  # it is the key that cannot be written
            rid = None
        return self._rejected(_in_ascii(record), found.rule, found.reason, rid)

    def unreadable(self, piece: Unreadable) -> Rejected:
        """A piece of a page that its reader could not make a record of."""
        raw = piece.raw.encode()
        return self._rejected(raw, piece.rule, piece.reason)

    def _key_of(self, record: Mapping[str, Any]) -> str | None:
        if self._single:
            value = record.get(self._key[0])
            return None if value is None or value == "" else str(value)
        parts = [record.get(name) for name in self._key]
        # One part may be empty (an address without a person), but none may be absent.
        if None in parts or not any(part != "" for part in parts):
            return None
        return joined_key([str(part) for part in parts])

    def _rejected(self, raw: bytes, rule: str, reason: str, rid: str | None = None) -> Rejected:
        digest = content_hash(raw)
        return Rejected(rid or f"?{digest.hex()}", rule, reason, raw.decode(), digest)


def joined_key(parts: Sequence[str]) -> str:
    """A key of several columns as one text."""
    if any("|" in part for part in parts):  # rare; ("a|b", "c") is not ("a", "b|c")
        parts = [part.replace("\\", "\\\\").replace("|", "\\|") for part in parts]
    return "|".join(parts)


def _at_length(record: Any, refused: str) -> bytes | Unwritable:
    """A record that the quick writer refused: it takes no whole number beyond 64 bits."""
    if _TOO_DEEP.search(refused):
        return Unwritable("nested_too_deep", f"more than {_DEEPEST} levels")
    try:
        text = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode()
    except UnicodeEncodeError:
        return Unwritable("unpaired_surrogate", "a text holds half a surrogate pair")
    except (TypeError, ValueError, RecursionError):
        return Unwritable("not_json", f"cannot be written as JSON: {refused}")


def _in_ascii(record: Any) -> bytes:
    """What cannot land, for whoever looks into the quarantine."""
    try:
        return json.dumps(record, default=str, skipkeys=True).encode()
    except RecursionError:
        return json.dumps(f"a {type(record).__name__} too deep to be written").encode()
