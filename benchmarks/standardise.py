"""Standardising messy records: once with nothing parsed before, and once more.

Flow: `party_records` makes the match input → a process of its own standardises people and firms
into a new DuckDB file, twice → seconds, values parsed, peak memory.
Run: `python -m benchmarks.standardise [--records 1000000] [--out FILE]`; fails above `--seconds`.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.party_records import load, match_input
from benchmarks.results import Table, write_result
from dedupe.standardise.kinds import KINDS
from dedupe.standardise.records import standardise_records
from stamm.duck import open_warehouse


def measure(folder: Path, records: int) -> dict[str, Any]:
    """Seconds of the first and the second standardisation, and what they parsed."""
    source = match_input(folder, records)
    with (
        tempfile.TemporaryDirectory(dir=folder) as place,
        open_warehouse(Path(place) / "warehouse.duckdb") as con,
    ):
        found = load(con, source)
        first, again = _seconds(con), _seconds(con)
        parsed = {name: con.table(kind.table).count("*").fetchall()[0][0]
                  for name, kind in KINDS.items()}  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return {
        "records": found, "seconds_first": first, "seconds_again": again,
        "values_parsed": sum(parsed.values()), "values_by_kind": parsed,
        "peak_gb_main_process": round(peak, 2),
    }  # fmt: skip


def _seconds(con: duckdb.DuckDBPyConnection) -> float:
    begun = time.perf_counter()
    for party_type in ("person", "organisation"):
        standardise_records(con, party_type)
    return round(time.perf_counter() - begun, 2)


def _table(result: dict[str, Any]) -> Table:
    return Table(
        f"Standardising {result['records']:,} messy records",
        ("", "seconds"),
        (
            ("for the first time", result["seconds_first"]),
            ("again, nothing new", result["seconds_again"]),
        ),
        f"{result['values_parsed']:,} distinct values were parsed, each once; the main process"
        f" peaked at {result['peak_gb_main_process']} GB.",
    )


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--records", type=int, default=1_000_000)
    asked.add_argument("--seconds", type=float, default=30.0, help="the most that 1M may take")
    asked.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "stamm-records")
    asked.add_argument("--out", type=Path)
    options = asked.parse_args()
    result = measure(options.folder, options.records)
    print(json.dumps(result, indent=2))
    if options.out:
        command = f"uv run python -m benchmarks.standardise --records {options.records}"
        write_result(options.out, command, [_table(result)], ("duckdb", "phonenumbers"))
    if result["seconds_first"] > options.seconds * max(result["records"] / 1_000_000, 0.1):
        sys.exit(f"expected at most {options.seconds} s for a million records")


if __name__ == "__main__":
    main()
