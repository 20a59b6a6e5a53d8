"""Schema drift: how the records of a stream differ from what is declared of them.

In: records, one by one. Out: each record's drift, and how often each kind of it was met.
A record costs one look at its field names and one at its types; values are never kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import contains
from typing import Any, Literal, NamedTuple

from connectors.schema import Schema, allowed, kind_of

Policy = Literal["evolve", "quarantine", "fail"]

_REMEMBERED = 10_000  # sets of field names; a system that leaves nulls out has many
_ANYTHING = frozenset((str, int, float, bool, dict, list, type(None)))


@dataclass(frozen=True, order=True)
class Drift:
    """One way in which records differ from their declaration."""

    kind: str  # new_field, missing_field or changed_type
    field: str
    found: str = ""
    declared: str = ""

    def __str__(self) -> str:
        if self.kind == "new_field":
            return f"new field {self.field} ({self.found})"
        if self.kind == "missing_field":
            return f"{self.field} is missing"
        return f"{self.field} is {self.found}, declared {self.declared}"


Drifts = tuple[Drift, ...]
Met = tuple[tuple[Drift, int], ...]  # with the number of records


class _Names(NamedTuple):
    """What a set of field names means: its own drift, and the types that each may have."""

    drifts: Drifts
    types: tuple[frozenset[type], ...]


class Watch:
    """Looks at each record of a read; without a schema at nothing."""

    def __init__(self, schema: Schema | None) -> None:
        self._schema = schema
        self._known: dict[tuple[str, ...], _Names] = {}
        self._met: Counter[Drift] = Counter()

    def __call__(self, record: Mapping[str, Any]) -> Drifts:
        """The drift of one record; empty is the rule."""
        if self._schema is None:
            return ()
        names = tuple(record)
        known = self._known.get(names) or self._remember(self._schema, names, record)
        found = known.drifts
        if not all(map(contains, known.types, map(type, record.values()))):
            found += _changed(self._schema, record)
        if found:
            self._met.update(found)
        return found

    def met(self) -> Met:
        """What was met since the last call."""
        met, self._met = self._met, Counter()
        return tuple(sorted(met.items()))

    def _remember(
        self, schema: Schema, names: tuple[str, ...], record: Mapping[str, Any]
    ) -> _Names:
        new = [Drift("new_field", name, kind_of(record[name])) for name in names
               if name not in schema]  # fmt: skip
        missing = [Drift("missing_field", name, declared=field.kind)
                   for name, field in schema.items()
                   if not field.optional and name not in record]  # fmt: skip
        types = tuple(allowed(schema[name]) if name in schema else _ANYTHING for name in names)
        known = _Names((*new, *missing), types)
        if len(self._known) < _REMEMBERED:
            self._known[names] = known
        return known


def _changed(schema: Schema, record: Mapping[str, Any]) -> Drifts:
    return tuple(
        Drift("changed_type", name, kind_of(value), schema[name].kind)
        for name, value in record.items()
        if name in schema and type(value) not in allowed(schema[name])
    )


def together(*counts: Iterable[tuple[Drift, int]]) -> Met:
    """All counts as one."""
    total: Counter[Drift] = Counter()
    for met in counts:
        for drift, records in met:
            total[drift] += records
    return tuple(sorted(total.items()))


def as_rows(met: Met) -> tuple[tuple[str, str, str, str, int], ...]:
    """Plain values, for a checkpoint or a manifest."""
    return tuple((d.kind, d.field, d.found, d.declared, records) for d, records in met)


def of_rows(rows: Iterable[Iterable[Any]]) -> Met:
    """What `as_rows` gave."""
    return tuple((Drift(*row[:4]), int(row[4])) for row in map(tuple, rows))
