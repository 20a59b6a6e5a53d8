"""Searches everything below a data folder for planted strings: the proof of `locations.yml`.

Every file is searched as bytes; those that compress or page their content (Parquet, DuckDB,
SQLite, gzip, zip) are also read through their engines, table by table and column by column.
"""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from privacy.locations import location_of
from stamm.duck import in_memory, open_warehouse, quoted

if TYPE_CHECKING:
    import duckdb

_CHUNK = 1 << 22
_SQLITE = b"SQLite format 3\x00"
_DUCKDB_AT, _DUCKDB = 8, b"DUCK"
_PARQUET = b"PAR1"
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, order=True)
class Place:
    """Where a needle was found. `table` and `column` are empty for a file's bytes."""

    path: str
    table: str = ""
    column: str = ""


def places_holding(home: Path, needles: list[str]) -> list[Place]:
    """All places below `home` where any needle stands, case aside, in order."""
    spellings = _spellings(needles)
    return sorted({place for path in _files(home) for place in _search(home, path, spellings)})


def unlisted(places: Iterable[Place]) -> list[Place]:
    """Those places that `locations.yml` does not allow to hold plain personal data."""
    return [place for place in places if not _is_allowed(place)]


def _is_allowed(place: Place) -> bool:
    location = location_of(place.path, place.table or None)
    return location is not None and location.data == "plain"


def _spellings(needles: Sequence[str]) -> list[str]:
    """Lower case, as they are and as JSON writes them."""
    if not needles or not all(needles):
        raise ValueError("expected strings to search for, found none")
    plain = {needle.lower() for needle in needles}
    return sorted(plain | {json.dumps(needle)[1:-1] for needle in plain})


def _files(home: Path) -> Iterator[Path]:
    """Each file once: the pointer to the current build leads to files met anyway."""
    for folder, _, names in os.walk(home):
        for name in sorted(names):
            path = Path(folder) / name
            if path.is_file() and not path.is_symlink():
                yield path


def _search(home: Path, path: Path, needles: list[str]) -> Iterator[Place]:
    name = path.relative_to(home).as_posix()
    engine = _engine(path)
    if engine is not None:
        for table, column in engine(path, needles):
            yield Place(name, table, column)
    with path.open("rb") as file:
        if _in_bytes(file, needles):
            yield Place(name)


def _engine(path: Path) -> Callable[[Path, list[str]], Iterator[tuple[str, str]]] | None:
    """By content, not by name: a renamed database is one all the same."""
    with path.open("rb") as file:
        head = file.read(len(_SQLITE))
    if head.startswith(_SQLITE):
        return _in_sqlite
    if head[_DUCKDB_AT:].startswith(_DUCKDB):
        return _in_duckdb
    if head.startswith(_PARQUET):
        return _in_parquet
    if head.startswith((_GZIP, _ZIP)):
        return _in_archive
    return None


# ---- engines: each gives (table, column) of every hit ----


def _in_duckdb(path: Path, needles: list[str]) -> Iterator[tuple[str, str]]:
    with open_warehouse(path, read_only=True) as con:
        tables = con.sql(
            "select schema_name, table_name from duckdb_tables() where not temporary order by all"
        ).fetchall()
        for schema, table in tables:
            name = table if schema == "main" else f"{schema}.{table}"
            for column in _columns_holding(con, f'"{schema}"."{table}"', needles):
                yield name, column


def _in_parquet(path: Path, needles: list[str]) -> Iterator[tuple[str, str]]:
    with in_memory() as con:
        con.read_parquet(str(path), hive_partitioning=False).create_view("part")
        for column in _columns_holding(con, "part", needles):
            yield "", column


def _columns_holding(
    con: duckdb.DuckDBPyConnection, table: str, needles: list[str]
) -> Iterator[str]:
    columns = [row[0] for row in con.sql(f"describe {table}").fetchall()]
    marks = {f"needle_{number}": needle for number, needle in enumerate(needles)}
    tests = ", ".join(
        "bool_or("
        + " or ".join(f"contains(lower({quoted(column)}::varchar), ${mark})" for mark in marks)
        + ")"
        for column in columns
    )
    [found] = con.execute(f"select {tests} from {table}", marks).fetchall()
    yield from (column for column, hit in zip(columns, found, strict=True) if hit)


def _in_sqlite(path: Path, needles: list[str]) -> Iterator[tuple[str, str]]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        tables = [
            row[0]
            for row in db.execute("select name from sqlite_master where type='table' order by name")
        ]
        for table in tables:
            columns = [row[1] for row in db.execute(f"pragma table_info({quoted(table)})")]
            for column in columns:
                if _in_sqlite_column(db, table, column, needles):
                    yield table, column


def _in_sqlite_column(db: sqlite3.Connection, table: str, column: str, needles: list[str]) -> bool:
    # Not SQL's lower(): SQLite's knows ASCII only.
    values = db.execute(f"select cast({quoted(column)} as text) from {quoted(table)}")
    db.text_factory = lambda raw: raw.decode(errors="replace")
    return any(needle in value.lower() for (value,) in values if value for needle in needles)


def _in_archive(path: Path, needles: list[str]) -> Iterator[tuple[str, str]]:
    with path.open("rb") as file:
        zipped = file.read(len(_ZIP)) == _ZIP
    if not zipped:
        with gzip.open(path) as unpacked:
            if _in_bytes(cast("IO[bytes]", unpacked), needles):
                yield "", "unpacked"
        return
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            with archive.open(member) as unpacked:
                if _in_bytes(unpacked, needles):
                    yield "", member


# ---- bytes ----


def _in_bytes(file: IO[bytes], needles: list[str]) -> bool:
    """Whether a needle stands in a stream, also across the seam of two chunks."""
    wanted = [needle.encode(form) for needle in needles for form in ("utf-8", "utf-16-le")]
    overlap = max(map(len, wanted)) - 1
    tail = b""
    while chunk := file.read(_CHUNK):
        window = tail + chunk
        lowered = window.lower()  # ASCII letters; of others both cases are searched for
        if any(needle in lowered for needle in wanted) or _in_other_letters(window, needles):
            return True
        tail = window[-overlap:] if overlap else b""
    return False


def _in_other_letters(window: bytes, needles: list[str]) -> bool:
    """Needles with letters beyond ASCII, whose capitals `bytes.lower` does not know."""
    foreign = [needle for needle in needles if not needle.isascii()]
    return bool(foreign) and any(
        needle in window.decode("utf-8", errors="ignore").lower() for needle in foreign
    )
