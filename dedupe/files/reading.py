"""Files → one table of records, each under an id of its own.

Leaves `files.records`: `__record` (unique), `__file` (0 for the first file), `__position` in the
file, `__id`, then all columns of all files as text; with a truth column `files.truth` (`__record`,
`entity`), which is in no other table. `files.pooled` is what linking may see of the records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.files.columnar import load_parquet
from dedupe.files.delimited import load_delimited
from dedupe.files.json_lines import load_json_lines
from dedupe.files.loaded import POSITION, RECORD, TABLE, Loaded
from dedupe.files.workbooks import load_workbook
from stamm.duck import quoted
from stamm.errors import InputError, UsageError
from stamm.mistakes import nearest

if TYPE_CHECKING:
    import duckdb

    Reader = Callable[[duckdb.DuckDBPyConnection, Path, str, Path], Loaded]

_READERS: dict[str, Reader] = {
    ".csv": load_delimited, ".txt": load_delimited, ".tsv": load_delimited,
    ".parquet": load_parquet, ".pq": load_parquet,
    ".jsonl": load_json_lines, ".ndjson": load_json_lines, ".json": load_json_lines,
    ".xlsx": load_workbook, ".xlsm": load_workbook,
}  # fmt: skip
_SHOWN = 20  # column names in a message


@dataclass(frozen=True)
class Pool:
    """The pooled table: names of files as outputs show them, columns, rows, what readers told."""

    files: tuple[str, ...]
    columns: tuple[str, ...]
    records: int
    remarks: tuple[str, ...]


def read_files(
    con: duckdb.DuckDBPyConnection,
    paths: Sequence[Path],
    work_dir: Path,
    *,
    id_column: str = "",
    truth_column: str = "",
) -> Pool:
    """Read and pool. Raises InputError or UsageError, naming file, column and what to do."""
    con.execute("create schema if not exists files")
    names = _names(paths)
    loaded = []
    for place, path in enumerate(paths):
        folder = work_dir / str(place)
        folder.mkdir()
        loaded.append(_reader(path)(con, path, f"files.file_{place}", folder))
    for one in loaded:
        if id_column:
            _check_ids(con, one, id_column)
    if truth_column and not any(_spelt(one, truth_column) for one in loaded):
        raise _no_column("--truth", truth_column, loaded)
    columns = _pool(con, loaded, names, id_column, truth_column)
    records = int(con.table("files.records").count("*").fetchall()[0][0])
    if not records:
        raise InputError(
            f"{', '.join(names)}: expected records, found a header and no row below it",
            hint="Was the export cut off?",
        )
    empty = [f"{name}: has no rows." for name, one in zip(names, loaded, strict=True)
             if not con.table(one.table).limit(1).fetchall()]  # fmt: skip
    for one in loaded:
        con.execute(f"drop table {one.table}")
    return Pool(names, columns, records, (*(r for one in loaded for r in one.remarks), *empty))


def _names(paths: Sequence[Path]) -> tuple[str, ...]:
    """File names, with as many folders before them as it takes to tell them apart."""
    whole = [path.resolve() for path in paths]
    doubled = [path for place, path in enumerate(whole) if path in whole[:place]]
    if doubled:
        raise UsageError(f"expected each file once, found twice: {doubled[0].name}")
    parts = 1
    while len({path.parts[-parts:] for path in whole}) < len(whole):
        parts += 1
    return tuple("/".join(path.parts[-parts:]) for path in whole)


def _reader(path: Path) -> Reader:
    if not path.is_file():
        found = "a folder" if path.is_dir() else "nothing"
        raise UsageError(f"{path}: expected a file, found {found}", hint="Check the path.")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UsageError(
            f"{path.name}: expected a file of one of the kinds {', '.join(_READERS)},"
            f" found {path.suffix or 'none of them'}",
            hint="Save it as CSV, JSON Lines, Parquet or .xlsx.",
        )
    return reader


def _spelt(loaded: Loaded, column: str) -> str | None:
    """The column as this file spells it; case does not count."""
    return next((c for c in loaded.columns if c.casefold() == column.casefold()), None)


def _no_column(option: str, column: str, loaded: Sequence[Loaded]) -> UsageError:
    known = list(dict.fromkeys(c for one in loaded for c in one.columns))
    files = ", ".join(one.path.name for one in loaded)
    return UsageError(
        f"{option}: expected a column of {files}, found {column!r}{nearest(column, known)}",
        hint=f"Columns: {', '.join(known[:_SHOWN])}",
    )


def _check_ids(con: duckdb.DuckDBPyConnection, loaded: Loaded, id_column: str) -> None:
    spelt = _spelt(loaded, id_column)
    if spelt is None:
        raise _no_column("--id", id_column, [loaded])
    missing, row = con.execute(
        f"select count(*), min({POSITION}) from {loaded.table} where {quoted(spelt)} is null"
    ).fetchall()[0]
    if missing:
        raise InputError(
            f"{loaded.path.name}: expected an id in each row of {spelt!r}, found {missing:,} rows"
            f" without (first: {loaded.place(row)})",
            hint="Mend them, or leave out --id to number the rows.",
        )
    doubled = con.execute(
        f"select count(*), min_by(value, first), min(first), min_by(last, first) from ("
        f" select {quoted(spelt)} as value, min({POSITION}) as first, max({POSITION}) as last"
        f" from {loaded.table} group by 1 having count(*) > 1)"
    ).fetchall()[0]
    if doubled[0]:
        raise InputError(
            f"{loaded.path.name}: expected each id once in {spelt!r}, found {doubled[0]:,} ids"
            f" more than once (first: {doubled[1]!r} in {loaded.place(doubled[2])} and"
            f" {loaded.place(doubled[3])})",
            hint="Give the column that names a row, or leave out --id to number the rows.",
        )


def _pool(
    con: duckdb.DuckDBPyConnection,
    loaded: Sequence[Loaded],
    names: Sequence[str],
    id_column: str,
    truth_column: str,
) -> tuple[str, ...]:
    own = {name.casefold() for name in (id_column, truth_column) if name}
    spelt: dict[str, str] = {}
    for one in loaded:
        for column in one.columns:
            spelt.setdefault(column.casefold(), column)
    columns = [column for key, column in spelt.items() if key not in own]
    parts = []
    for place, one in enumerate(loaded):
        cells = "".join(f", {_cell(one, c)} as {quoted(c)}" for c in columns)
        number = _cell(one, id_column) if id_column else f"{POSITION}::varchar"
        entity = _cell(one, truth_column)
        parts.append(
            f"select {place} as __file, {POSITION}, {number} as __id, {entity} as __entity{cells}"
            f" from {one.table}"
        )
    _write_records(con, " union all ".join(parts), names, named=bool(id_column))
    return tuple(columns)


def _cell(loaded: Loaded, column: str) -> str:
    """SQL: the column as this file spells it: `STRASSE` and `Straße` are one, but not in SQL."""
    spelt = _spelt(loaded, column)
    return quoted(spelt) if spelt else "null::varchar"


def _write_records(
    con: duckdb.DuckDBPyConnection, union: str, names: Sequence[str], *, named: bool
) -> None:
    """Ids of records sort as their rows lie where rows are numbered, else as their ids do."""
    identity = "__id" if named else f"lpad({POSITION}::varchar, 10, '0')"
    record = f"$names[__file + 1] || '#' || {identity} as {RECORD}"
    con.execute(
        f"create or replace table files.records as select {record}, * exclude (__entity)"
        f" from ({union})",
        {"names": list(names)},
    )
    con.execute(
        f"create or replace table files.truth as select {record}, __entity as entity"
        f" from ({union}) where __entity is not null",
        {"names": list(names)},
    )
    con.execute(
        f"create or replace view {TABLE} as"
        f" select * exclude (__file, __id, {POSITION}) from files.records"
    )
