"""Distinct raw values → their standardised parts, each parsed once and kept in Parquet.

Flow: a SQL query of distinct raw values → table `std_<kind>` (temporary) and
`<work_dir>/values/<kind>.parquet`. A value seen before is read from there, not parsed again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Kind:
    """A kind of value: its columns with DuckDB types, and the parser of one raw value."""

    name: str
    raw: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    parse: Callable[..., Sequence[Any]]


def standardise_values(
    con: duckdb.DuckDBPyConnection, kind: Kind, distinct: str, work_dir: Path
) -> None:
    """Leave `temp.std_<kind>` with the raw columns and the parsed ones.

    `distinct` selects the raw columns; duplicates and rows with a null first column are dropped.
    """
    # The parser's version is part of the name: a changed parser must not meet old results.
    cache = work_dir / "values" / f"{kind.name}-{_version()}.parquet"
    raw = ", ".join(kind.raw)
    con.execute(
        f"create or replace temp table wanted as select distinct {raw} from ({distinct})"
        f" where {kind.raw[0]} is not null"
    )
    _create_known(con, kind, cache)
    match = " and ".join(f"k.{c} is not distinct from w.{c}" for c in kind.raw)
    unknown = con.execute(
        f"select {raw} from wanted w where not exists"
        f" (select 1 from std_{kind.name} k where {match}) order by all"
    ).fetchall()
    if unknown:
        _add(con, kind, unknown)
        _keep(con, kind, cache)
    # What earlier runs parsed must not show: the records alone decide what is known.
    con.execute(
        f"delete from std_{kind.name} as k where not exists"
        f" (select 1 from wanted as w where {match})"
    )


def _create_known(con: duckdb.DuckDBPyConnection, kind: Kind, cache: Path) -> None:
    columns = ", ".join([f"{c} varchar" for c in kind.raw] + [f"{c} {t}" for c, t in kind.columns])
    con.execute(f"create or replace temp table std_{kind.name} ({columns})")
    if cache.exists():
        con.execute(f"insert into std_{kind.name} select * from read_parquet(?)", [str(cache)])


def _add(con: duckdb.DuckDBPyConnection, kind: Kind, values: list[tuple[Any, ...]]) -> None:
    import pyarrow as pa

    rows = [(*value, *kind.parse(*value)) for value in values]
    names = [*kind.raw, *(column for column, _ in kind.columns)]
    types = ["varchar"] * len(kind.raw) + [sql for _, sql in kind.columns]
    arrays = [
        pa.array(column, type=_arrow(sql))
        for column, sql in zip(zip(*rows, strict=True), types, strict=True)
    ]
    con.register("parsed_values", pa.table(dict(zip(names, arrays, strict=True))))
    con.execute(f"insert into std_{kind.name} select * from parsed_values")
    con.unregister("parsed_values")


def _arrow(sql: str) -> Any:
    import pyarrow as pa

    return {"varchar": pa.string(), "varchar[]": pa.list_(pa.string()), "boolean": pa.bool_()}[sql]


def _keep(con: duckdb.DuckDBPyConnection, kind: Kind, cache: Path) -> None:
    """Written aside and renamed, so that a killed run leaves the old file."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    aside = cache.with_suffix(".part")
    con.execute(f"copy (from std_{kind.name} order by all) to '{aside}' (format parquet)")
    aside.replace(cache)


@lru_cache(maxsize=1)
def _version() -> str:
    """Eight hex digits over the code and lists of this package."""
    digest = hashlib.blake2b(digest_size=4)
    for path in sorted(Path(__file__).parent.iterdir()):
        if path.suffix in {".py", ".csv", ".sql"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()
