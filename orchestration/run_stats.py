"""Time and rows per stage of every run, as a Parquet file for BI.

In: the run history of the operational store. Out: `reports/run_stats.parquet`, written anew at the
end of every run, also of one that failed. It is no table of a build: a build is a function of what
landed, and the same whether it took one minute or ten.
"""

from __future__ import annotations

from pathlib import Path

from orchestration.runs import RunLog
from stamm.store import Store


def write_run_stats(store: Store, path: Path) -> None:
    """One row per run and stage; a reader never sees half of it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    moments = {name: pa.timestamp("s", "UTC") for name in ("started_at", "ended_at")}
    schema = pa.schema(
        {
            "run_id": pa.string(), **moments, "as_of": pa.date32(), "full": pa.bool_(),
            "outcome": pa.string(), "build_id": pa.string(), "stage": pa.string(),
            "seconds": pa.float64(), "row_count": pa.int64(),
        }
    )  # fmt: skip
    rows = RunLog(store).statistics()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    pq.write_table(pa.Table.from_pylist([_typed(row) for row in rows], schema), beside)
    beside.replace(path)


def _typed(row: dict[str, object]) -> dict[str, object]:
    from datetime import date, datetime

    moments = {
        name: datetime.fromisoformat(str(row[name])) if row[name] else None
        for name in ("started_at", "ended_at")
    }
    as_of = date.fromisoformat(str(row["as_of"]))
    return {**row, **moments, "as_of": as_of, "full": bool(row["full"])}
