"""Holds many small loads of a stream in few: a year of hourly loads reads like a week of them.

In: a stream's committed loads, while nobody else extracts it. Out: the newest of them holds
others in a row before it: their rows in its parts, each with the load id, moment and number it
had, and their figures in a ledger. No row is left out. Order, so that a process may be killed
anywhere: parts and ledger → manifest, which names the loads it holds and thereby ends them → the
next time the stream is extracted, removal. Until then a reader that began before finds its files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.landing import (
    Manifest,
    Part,
    load_folder,
    manifests,
    placed,
    total_of,
    write_manifest,
    write_part,
)

if TYPE_CHECKING:
    import pyarrow as pa

TOGETHER = 8
_LARGE = 1_000_000  # rows; what holds more is never written again
_BATCH = 2_000  # rows read at once
_GROUP = 16 << 20  # bytes in memory of a row group
_NOT_FIGURES = ("parts", "rejected_parts", "loads", "earlier", "replaces", "digest")


def compact(stream_folder: Path, together: int = TOGETHER) -> None:
    """Hold the newest loads together, if there are so many small ones that it is worth it."""
    loads = manifests(stream_folder)
    some = number_to_hold([_rows(manifest) for manifest in loads], together)
    if some:
        hold(stream_folder, loads[-some:])


def number_to_hold(sizes: Sequence[int], together: int = TOGETHER) -> int:
    """How many of the newest loads to write as one, by their sizes in rows, oldest first; 0: none.

    The fewest that are `together` or more and of which the largest makes at most half; and again,
    as if that was done. So each row comes into a file of twice the size or more each time it is
    written, which happens at most log2(rows) times.
    """
    held = [(size, 1) for size in sizes]
    while (count := _tail(held, together)) is not None:
        tail = held[len(held) - count :]
        held[len(held) - count :] = [(sum(s for s, _ in tail), sum(n for _, n in tail))]
    return held[-1][1] if held and held[-1][1] > 1 else 0


def _tail(held: Sequence[tuple[int, int]], together: int) -> int | None:
    total = largest = 0
    for count, (size, _) in enumerate(reversed(held), start=1):
        total, largest = total + size, max(largest, size)
        if size > _LARGE:
            return None
        if count >= together and 2 * largest <= total:
            return count
    return None


def _rows(manifest: Manifest) -> int:
    return 1 + sum(part.rows for part in (*manifest.parts, *manifest.rejected_parts))


def hold(stream_folder: Path, loads: Sequence[Manifest]) -> None:
    """Hold these loads, the newest in a row, in the last of them."""
    last = loads[-1]
    folder = load_folder(stream_folder, last.load_id)
    number = sum(1 + manifest.loads for manifest in loads)  # higher than in any name there
    parts = [_path(stream_folder, m, part) for m in loads for part in m.parts]
    rejected = [_path(stream_folder, m, part) for m in loads for part in m.rejected_parts]
    held = replace(
        last,
        parts=_merged(parts, folder / f"part-of-{number}.parquet"),
        rejected_parts=_merged(rejected, folder / f"rejected-of-{number}.parquet"),
        loads=number - 1,
        earlier=write_part(folder, f"loads-of-{number}.parquet", _ledger(stream_folder, loads)),
        replaces=tuple(_lying_there(stream_folder, loads)),
        digest=total_of(manifest.digest for manifest in loads),
    )
    write_manifest(folder, held)


def _lying_there(stream_folder: Path, loads: Sequence[Manifest]) -> Iterator[str]:
    """Loads whose folders the last one ends, also those that were ended before and still stand."""
    for manifest in loads:
        for load_id in (*manifest.replaces, manifest.load_id):
            if load_id != loads[-1].load_id and load_folder(stream_folder, load_id).exists():
                yield load_id


def _path(stream_folder: Path, manifest: Manifest, part: Part) -> Path:
    return load_folder(stream_folder, manifest.load_id) / part.name


def _merged(parts: Sequence[Path], into: Path) -> tuple[Part, ...]:
    """The rows of all parts in one, a row group in memory at a time."""
    import pyarrow.parquet as pq

    if not parts:
        return ()
    schema = pq.read_schema(parts[0])
    rows = 0
    with (
        placed(into) as file,
        pq.ParquetWriter(
            file, schema, compression="zstd", compression_level=1, use_dictionary=False
        ) as writer,
    ):
        for group in _groups(parts):
            writer.write_table(group.cast(schema))
            rows += group.num_rows
    with into.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    return (Part(into.name, rows, into.stat().st_size, digest),)


def _groups(parts: Sequence[Path]) -> Iterator[pa.Table]:
    import pyarrow as pa

    batches: list[pa.RecordBatch] = []
    for batch in _batches(parts):
        batches.append(batch)
        if sum(one.nbytes for one in batches) >= _GROUP:
            yield pa.Table.from_batches(batches)
            batches = []
    if batches:
        yield pa.Table.from_batches(batches)


def _batches(parts: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    import pyarrow.parquet as pq

    for part in parts:
        with pq.ParquetFile(part) as file:
            yield from file.iter_batches(_BATCH)


# ---- the ledger ----


def _ledger(stream_folder: Path, loads: Sequence[Manifest]) -> pa.Table:
    """The figures of all loads but the last, one row each; drift as JSON."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _ledger_schema()
    tables = []
    for manifest in loads:
        if manifest.earlier:
            tables.append(pq.read_table(_path(stream_folder, manifest, manifest.earlier)))
        if manifest is not loads[-1]:
            tables.append(pa.Table.from_pylist([_figures(manifest)], schema))
    return pa.concat_tables([table.cast(schema) for table in tables])


def _figures(manifest: Manifest) -> dict[str, Any]:
    figures = {k: v for k, v in asdict(manifest).items() if k not in _NOT_FIGURES}
    return {**figures, "drift": json.dumps(figures["drift"])}


def _ledger_schema() -> pa.Schema:
    import pyarrow as pa

    kinds = {"int": pa.int64(), "int | None": pa.int64(), "bool": pa.bool_()}
    names = {n: k for n, k in Manifest.__annotations__.items() if n not in _NOT_FIGURES}
    return pa.schema([(name, kinds.get(kind, pa.string())) for name, kind in names.items()])
