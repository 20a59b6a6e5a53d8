"""Values as a driver gives them → what JSON can hold, and keys → tokens and back.

Decimals, UUIDs and moments become text, bytes base64. A moment without a zone stays without one.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from stamm.errors import ContractBroken

_DAY = len("2026-01-31")
_INTEGER_BITS = 63  # what JSON writers and readers of ours hold
_AS_THEY_ARE = frozenset({str, bool, type(None)})
# What a mark of deletion says if the row lives; everything else but null marks it as deleted.
UNMARKED = ("", "0", "n", "no", "nein", "f", "false")


def plain(value: Any) -> Any:
    """The value for a record."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    return _nested(value)


def _number(value: float) -> Any:
    """Itself, if JSON can hold it."""
    fits = math.isfinite(value) if isinstance(value, float) else value.bit_length() <= _INTEGER_BITS
    return value if fits else str(value)


def _nested(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    return str(value)  # Decimal, UUID, addresses of networks, durations


def moment(value: Any) -> Any:
    """A moment or day that the database wrote as text, in ISO 8601; odd ones as they came."""
    if not isinstance(value, str):
        return plain(value)
    try:
        return datetime.fromisoformat(value).isoformat() if len(value) > _DAY else value
    except ValueError:  # infinity, and years before Christ or beyond 9999
        return value


def is_marked(value: Any) -> bool:
    """Whether a record's mark of deletion says that it is gone."""
    return value is not None and str(value).strip(" ").lower() not in UNMARKED


# ---- keys ----

_READ: dict[str, Callable[[Any], Any]] = {
    "int": int,
    "str": str,
    "bool": bool,
    "float": float,
    "Decimal": Decimal,
    "UUID": UUID,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "time": time.fromisoformat,
    "bytes": base64.b64decode,
}


def to_token(key: Sequence[Any]) -> str:
    """A key as text, for the checkpoint; the beginning is an empty one."""
    return json.dumps([[type(part).__name__, plain(part)] for part in key])


def to_key(token: str, parts: int) -> tuple[Any, ...]:
    """The key that `to_token` wrote; raises `ContractBroken` if it is none of so many columns."""
    try:
        key = tuple(_READ[kind](value) for kind, value in json.loads(token))
    except (ValueError, KeyError, TypeError, ArithmeticError) as failure:
        raise ContractBroken("expected a key to go on after, found another token") from failure
    if len(key) not in (0, parts):
        raise ContractBroken(f"expected a key of {parts} columns to go on after, found {len(key)}")
    return key
