"""The truth: which party record is who. Kept aside; the pipeline never reads it.

Flow: table `truth` of company.db → `truth.parquet`. The table commits with the records; the
file follows, and is written anew when it lags behind.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.records import connect, read_meta

COLUMNS = (
    "source", "system", "stream", "key", "facet",
    "entity_id", "party_type", "organisation_entity_id", "household_id",
)  # fmt: skip
FILE = "truth.parquet"
BATCH = 100_000


def write_truth(folder: Path, company: Path | None = None) -> Path:
    """Export the table to `<folder>/truth.parquet`, by rename; bounded memory."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path, db = folder / FILE, connect(company or folder / "company.db")
    generation = read_meta(db)["generation"]
    schema = pa.schema([(name, pa.string()) for name in COLUMNS], {"generation": generation})
    rows = db.execute(f"select {', '.join(COLUMNS)} from truth order by 2, 3, 4, 5")
    with pq.ParquetWriter(path.with_suffix(".tmp"), schema) as writer:
        while batch := rows.fetchmany(BATCH):
            columns = [pa.array(column, pa.string()) for column in zip(*batch, strict=True)]
            writer.write_table(pa.table(columns, schema=schema))
    db.close()
    path.with_suffix(".tmp").replace(path)
    return path


def read_truth(folder: Path) -> list[dict[str, str | None]]:
    """All rows of the truth as dictionaries of COLUMNS."""
    import pyarrow.parquet as pq

    rows: list[dict[str, str | None]] = pq.read_table(folder / FILE).to_pylist()
    return rows


def truth_generation(folder: Path) -> str | None:
    """The generation of the company that the file tells of; None without a file."""
    import pyarrow.parquet as pq

    if not (folder / FILE).exists():
        return None
    metadata = pq.read_schema(folder / FILE).metadata
    return str(metadata[b"generation"].decode())
