"""What the contracts say of the tables: meaning, keys and references, as a build carries them.

In: descriptions, key and references of each mart, from whoever knows the models. Out: comments in
the build's DuckDB file, metadata in its Parquet files, `catalogue` in its `build.json`, and from
there comments and constraints in a database that the build is copied to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Described:
    """One table. `references` maps a column to (table, column) that its values stand in."""

    description: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)


Catalogue = Mapping[str, Described]
NO_CATALOGUE: Catalogue = {}
UNDESCRIBED = Described()


def as_json(catalogue: Catalogue) -> dict[str, Any]:
    """Plain values for `build.json`."""
    return {name: asdict(described) for name, described in sorted(catalogue.items())}


def from_json(content: Mapping[str, Any]) -> Catalogue:
    """The catalogue that `as_json` gave."""
    return {
        name: Described(
            one["description"],
            one["columns"],
            one["key"],
            {column: (table, key) for column, (table, key) in one["references"].items()},
        )
        for name, one in content.items()
    }
