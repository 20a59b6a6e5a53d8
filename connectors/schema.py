"""What a stream's records are declared to hold: the fields and kinds that staging may count on.

In: `connectors/schemas/<system>.yml`, or `schema.yml` in the system's package: per stream,
field → kind; a kind that ends with ? may be absent. Null is a value of every kind.
Out: `Schema`. A new one is written from what landed by `stamm schema declare`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any

from stamm.yaml_text import read_yaml

KINDS: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "list": (list,),
    "any": (str, int, float, bool, dict, list),
}
_KIND_OF = {kind: name for name, kinds in KINDS.items() if name != "any" for kind in kinds}
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Field:
    """A declared field of a record's first level."""

    kind: str
    optional: bool = False

    def __str__(self) -> str:
        return f"{self.kind}?" if self.optional else self.kind


Schema = Mapping[str, Field]


def kind_of(value: object) -> str:
    """The kind of a value out of JSON; `null` for None."""
    return "null" if value is None else _KIND_OF.get(type(value), "any")


def allowed(field: Field) -> frozenset[type]:
    """The types that a value of this field may have."""
    return frozenset((*KINDS[field.kind], NoneType))


@cache
def declared_fields(system: str) -> Mapping[str, Schema]:
    """Stream → schema of a system; empty if it has declared none."""
    beside = (_FOLDER / "schemas" / f"{system}.yml", _FOLDER / system / "schema.yml")
    for path in beside:
        if path.exists():
            written = read_yaml(path)
            return {stream: _read(fields) for stream, fields in written.items()}
    return {}


def _read(fields: Mapping[str, str]) -> Schema:
    return {name: _field(written) for name, written in fields.items()}


def _field(written: str) -> Field:
    kind = written.removesuffix("?")
    if kind not in KINDS:
        raise ValueError(f"expected one of {', '.join(KINDS)}, found {written!r}")
    return Field(kind, written.endswith("?"))


def learnt(records: Iterable[Mapping[str, Any]]) -> Schema:
    """The narrowest schema that these records keep to; fields in the order they came."""
    kinds: dict[str, set[str]] = {}
    met: dict[str, int] = {}
    every = 0
    for record in records:
        every += 1
        for name, value in record.items():
            kinds.setdefault(name, set()).add(kind_of(value))
            met[name] = met.get(name, 0) + 1
    return {name: Field(_common(kinds[name]), met[name] < every) for name in kinds}


def _common(kinds: set[str]) -> str:
    known = kinds - {"null"}
    return known.pop() if len(known) == 1 else "any"
