"""Parquet → rows of the columns asked for; a value that Python cannot hold comes as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.files.values import plain
from stamm.errors import InputError

_BATCH = 5000  # rows in memory
_COPIED = "Was the file copied whole?"


@contextmanager
def opened_columns(
    path: Path, wanted: frozenset[str]
) -> Iterator[tuple[tuple[str, ...], Iterator[Mapping[str, Any]]]]:
    """(all names, rows of the wanted columns); raises `InputError` if it is no Parquet, or damaged.

    Others are not read: what stands there is no reason to lose a record.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as failure:
        raise InputError(
            f"{path.name}: expected Parquet, found something else", hint=_COPIED
        ) from failure
    with file:
        names = tuple(file.schema_arrow.names)
        yield names, _rows(path, file, [name for name in names if name in wanted])


def _rows(path: Path, file: Any, names: list[str]) -> Iterator[Mapping[str, Any]]:
    for batch in _batches(path, file, names):
        columns = [_values(path, name, batch.column(name)) for name in names]
        for values in zip(*columns, strict=True):
            yield dict(zip(names, values, strict=True))


def _batches(path: Path, file: Any, names: list[str]) -> Iterator[Any]:
    import pyarrow as pa

    try:
        yield from file.iter_batches(batch_size=_BATCH, columns=names)
    except (pa.ArrowException, OSError) as failure:
        raise InputError(
            f"{path.name}: expected a whole Parquet file, found damage: {failure}", hint=_COPIED
        ) from failure


def _values(path: Path, name: str, column: Any) -> list[Any]:
    try:
        values = column.to_pylist()
    except (OverflowError, ValueError, LookupError):
        values = [_value(path, name, scalar) for scalar in column]
    return [_storable(value) for value in values]


def _value(path: Path, name: str, scalar: Any) -> Any:
    """Such as 9999-12-31 in the west, which is in year 10000 in the east: no moment of Python's."""
    import pyarrow as pa

    try:
        return scalar.as_py()
    except (OverflowError, ValueError, LookupError):
        try:
            return scalar.cast(pa.string()).as_py()
        except pa.ArrowException as failure:
            raise InputError(
                f"{path.name}: expected values in the column {name!r} that can be read, found one "
                f"of the type {scalar.type} that cannot",
                hint="Write the column as text.",
                column=name,
            ) from failure


def _storable(value: Any) -> Any:
    """Inside a list or structure too there is only what JSON can hold."""
    if isinstance(value, dict):
        return {name: _inner(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_inner(part) for part in value]
    return value


def _inner(value: Any) -> Any:
    return value if isinstance(value, str | int | float) else _storable(plain(value))
