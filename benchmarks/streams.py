"""Streams of one source read in turn and at the same time, from a server that answers late.

In: the paged server of `benchmarks.extract`, each answer 50 ms late. Out: a table of seconds by
the number of streams that are read at once, in turns, each into an empty landing. Run:
`uv run python -m benchmarks.streams [--turns N] [--out FILE]`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.extract import server
from benchmarks.results import Table, write_result
from connectors.at_once import read_each
from connectors.bases import CONTRACT
from connectors.credentials import FixedHeader
from connectors.extract import extract_with
from connectors.http import HttpClient
from connectors.job import LoadResult, Report
from connectors.paging import HttpReader, OffsetPages
from connectors.source import Stream
from stamm.clock import SystemClock
from stamm.settings import SourceSettings
from stamm.store import Store

LATENCY = 0.05  # seconds
AT_ONCE = (1, 2, 4, 8)
RECORDS = 4000  # in each stream, in pages of 100
_COMMAND = "uv run python -m benchmarks.streams"
_SOURCE = SourceSettings(name="bench", system="bench")
_STREAMS = [
    Stream(f"s{n}", ("id",), CONTRACT, "/records", paginate=OffsetPages("records", size=100))
    for n in range(8)
]


def seconds(url: str, home: Path, number: int) -> float:
    """Of one extraction of all streams."""
    clock, store = SystemClock(), Store.open(home / "state.db")
    reader = HttpReader(HttpClient(url, FixedHeader("api-key", "not-a-secret"), clock))

    def read(stream: Stream, report: Report) -> LoadResult:
        root = home / "landing"
        return extract_with(
            reader, _SOURCE, stream, landing_root=root, store=store, clock=clock, progress=report
        )

    start = time.perf_counter()
    landed = [done.rows for _, done in read_each(_STREAMS, read, lambda *_: None, number)]
    spent = time.perf_counter() - start
    assert landed == [RECORDS] * len(_STREAMS)
    reader.close()
    store.close()
    return spent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--out", type=Path, help="keep the result here")
    asked = parser.parse_args()
    spent: dict[int, list[float]] = {number: [] for number in AT_ONCE}
    with server(RECORDS, LATENCY) as url:
        for _ in range(asked.turns):
            for number in AT_ONCE:
                with tempfile.TemporaryDirectory() as folder:
                    spent[number].append(seconds(url, Path(folder), number))
    median = {number: statistics.median(found) for number, found in spent.items()}
    rows = tuple((n, round(m, 1), round(median[1] / m, 2)) for n, m in median.items())
    table = Table(
        f"{len(_STREAMS)} streams of {RECORDS:,} records, each answer {LATENCY * 1000:.0f} ms late",
        ("streams at once", "seconds", "times as fast"),
        rows,
        f"Medians of {asked.turns}, in turns; an answer holds 100 records.",
    )
    if asked.out:
        write_result(asked.out, _COMMAND, [table], ())
    print(table.columns, *rows, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
