"""Peak memory of extraction: one stream of a million records, first, with nothing new, and swept.

In: a paged server in a process of its own (that of `benchmarks.extract`). Each read runs in a
fresh process over the same landing; its peak is what the system counted for it, libraries
included. Out: a table; fails above 500 MB. Run: `uv run python -m benchmarks.memory
[--records N] [--out FILE]`.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.extract import PAGE, record, server
from benchmarks.results import Table, write_result

ALLOWED_MB = 500
READS = ("first", "nothing new", "full sweep", "cache built anew")
_COMMAND = "uv run python -m benchmarks.memory"


def one_read(read: str, url: str, folder: Path) -> dict[str, Any]:
    """One read in this process: its rows, seconds and peak."""
    from connectors.bases import CONTRACT
    from connectors.credentials import FixedHeader
    from connectors.extract import extract_with
    from connectors.http import HttpClient
    from connectors.iso8601 import first_of
    from connectors.paging import HttpReader, OffsetPages
    from connectors.schema import learnt
    from connectors.source import Cursor, Stream
    from stamm.clock import ManualClock, SystemClock
    from stamm.settings import SourceSettings
    from stamm.store import Store

    stream = Stream(
        "customers",
        ("id",),
        CONTRACT,
        "/records",
        cursor=Cursor("updatedAt", first_of("updatedAt")),
        paginate=OffsetPages("records", size=PAGE, since="since"),
        mandatory=("email",),
        schema=learnt([record(1)]),
    )
    reader = HttpReader(HttpClient(url, FixedHeader("api-key", "not-a-secret"), SystemClock()))
    if read == "cache built anew":
        for file in (folder / "landing" / "bench" / "customers").glob("current.db*"):
            file.unlink()
    start = time.perf_counter()
    store = Store.open(folder / "state.db")
    done = extract_with(
        reader,
        SourceSettings(name="bench", system="bench"),
        stream,
        landing_root=folder / "landing",
        store=store,
        clock=ManualClock(SystemClock().now()),
        full=read != "nothing new",
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": done.rows, "seconds": time.perf_counter() - start, "mb": peak}


def measured(records: int) -> list[dict[str, Any]]:
    """All reads of one stream in their order, each in a process of its own."""
    found = []
    with server(records) as url, tempfile.TemporaryDirectory() as folder:
        for read in READS:
            command = [sys.executable, "-m", "benchmarks.memory", "--one", read]
            done = subprocess.run(
                [*command, "--url", url, "--folder", folder],
                check=True,
                capture_output=True,
                text=True,
            )
            found.append({"read": read, **json.loads(done.stdout)})
            assert found[-1]["rows"] == (records if read == "first" else 0), found[-1]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, help="keep the result here")
    parser.add_argument("--one", choices=READS, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one_read(asked.one, asked.url, asked.folder)))
        return 0
    found = measured(asked.records)
    table = Table(
        f"Reads of a stream of {asked.records:,} records",
        ("read", "rows landed", "seconds", "peak MB"),
        tuple((f["read"], f["rows"], round(f["seconds"], 1), round(f["mb"])) for f in found),
        f"{ALLOWED_MB} MB are promised.",
    )
    if asked.out:
        write_result(asked.out, _COMMAND, [table], ("duckdb", "pyarrow"))
    print(table)
    return 0 if all(f["mb"] <= ALLOWED_MB for f in found) else 1


if __name__ == "__main__":
    sys.exit(main())
