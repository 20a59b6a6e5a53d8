"""Distinct raw values → their standardised parts, each parsed once and kept in the warehouse.

Flow: a SQL query of distinct raw values → table `link.std_<kind>`. A value that is there already
is not parsed again; parsers of another version (code, lists and libraries) start anew.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedupe.linking.arriving import arriving
from dedupe.standardise.parsing import Parsers, parse_table

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

# What decides a parsed value beside our own code; a newer phonenumbers knows other numbers.
LIBRARIES = ("anyascii", "phonenumbers", "python-stdnum")


@dataclass(frozen=True)
class Kind:
    """A kind of value: its columns with DuckDB types, and the parser of one raw value.

    `spelt` are SQL expressions over the raw columns that give what the parser reads, where many
    raw values are one to it; without them it reads the raw columns.
    """

    name: str
    raw: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    parse: Callable[..., Sequence[Any]]
    spelt: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        return f"link.std_{self.name}"


def standardise_values(
    con: duckdb.DuckDBPyConnection, wanted: Sequence[tuple[Kind, str]], parsers: Parsers
) -> None:
    """Have all raw values that each query selects in `link.std_<kind>` of its kind, in this order.

    Duplicates and rows with a null first column are dropped. More values may be there: those of
    other records, or of earlier runs.
    """
    _create_missing(con, [kind for kind, _ in wanted])
    for kind, distinct in wanted:
        unknown = _write_unknown(con, kind, distinct)
        if unknown:
            spelt = ", ".join(_spelt_names(kind))
            spellings = con.execute(
                f"select distinct {spelt} from unknown_values order by all"
            ).to_arrow_table()
            _add(con, kind, spellings, parsers.parse(kind, spellings))


def _write_unknown(con: duckdb.DuckDBPyConnection, kind: Kind, distinct: str) -> int:
    """The raw values that are not there yet, in temp table `unknown_values`; how many."""
    raw = ", ".join(kind.raw)
    match = " and ".join(f"k.{c} is not distinct from w.{c}" for c in kind.raw)
    [(count,)] = con.execute(
        f"create or replace temp table unknown_values as select {raw}, {_spelling(kind)}"
        f" from (select distinct {raw} from ({distinct}) where {kind.raw[0]} is not null) as w"
        f" where not exists (select 1 from {kind.table} as k where {match})"
    ).fetchall()
    return int(count)


def parts_of(con: duckdb.DuckDBPyConnection, kind: Kind, raw: pa.Array) -> pa.Table:
    """(raw, parts) of distinct values, in any order; for kinds of one raw column.

    Those that these parsers have not parsed in a run are parsed here, and not kept.
    """
    import pyarrow as pa

    asked = pa.table({"raw": raw})
    known = asked.slice(0, 0)
    if kind.table in _current_tables(con):
        with arriving(con, asked) as rows:
            known = con.sql(f"from {kind.table} semi join {rows} using (raw)").to_arrow_table()
            asked = con.sql(f"from {rows} anti join {kind.table} using (raw)").to_arrow_table()
    parsed = _beside(asked, parse_table(kind, asked))
    return pa.concat_tables([known, parsed]) if known.num_rows else parsed


def _create_missing(con: duckdb.DuckDBPyConnection, wanted: Sequence[Kind]) -> None:
    """The empty tables of those kinds that are not there by the same parsers."""
    there = _current_tables(con)
    for kind in {one.name: one for one in wanted}.values():
        if kind.table not in there:
            columns = [f"{c} varchar" for c in kind.raw] + [f"{c} {t}" for c, t in kind.columns]
            con.execute(f"create or replace table {kind.table} ({', '.join(columns)})")
            con.execute(f"comment on table {kind.table} is '{version()}'")


def _current_tables(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The tables that are there by the same parsers: their comments tell the version."""
    found = con.execute(
        "select 'link.' || table_name from duckdb_tables() where schema_name = 'link'"
        " and comment = ? and database_name = current_database()",
        [version()],
    ).fetchall()
    return frozenset(name for (name,) in found)


def _spelt_names(kind: Kind) -> list[str]:
    return [f"spelt_{place}" for place, _ in enumerate(kind.spelt or kind.raw)]


def _spelling(kind: Kind) -> str:
    expressions = kind.spelt or kind.raw
    return ", ".join(f"{e} as {n}" for e, n in zip(expressions, _spelt_names(kind), strict=True))


def _add(con: duckdb.DuckDBPyConnection, kind: Kind, spellings: pa.Table, parsed: pa.Table) -> None:
    with arriving(con, _beside(spellings, parsed)) as rows:
        con.execute(f"insert into {kind.table} {_written(kind, rows)}")


def _beside(spellings: pa.Table, parsed: pa.Table) -> pa.Table:
    for name in parsed.column_names:
        spellings = spellings.append_column(name, parsed[name])
    return spellings


def _written(kind: Kind, parsed: str) -> str:
    """The parsed rows, each for all raw values that are spelt so."""
    if not kind.spelt:
        return f"from {parsed}"
    raw = ", ".join(f"u.{c}" for c in kind.raw)
    parts = ", ".join(f"p.{c}" for c, _ in kind.columns)
    match = " and ".join(f"u.{n} is not distinct from p.{n}" for n in _spelt_names(kind))
    return f"select {raw}, {parts} from unknown_values as u inner join {parsed} as p on {match}"


@lru_cache(maxsize=1)
def version() -> str:
    """Eight hex digits over the code and lists of this package, and what its parsers rest on."""
    digest = hashlib.blake2b(digest_size=4)
    for library in LIBRARIES:
        digest.update(f"{library} {metadata.version(library)}\n".encode())
    digest.update(unicodedata.unidata_version.encode())
    for path in sorted(Path(__file__).parent.iterdir()):
        if path.suffix in {".py", ".csv", ".sql"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()
