"""Extraction speed: a local paged server → landing with all promises on, dlt beside it.

Both read the same records over HTTP from a server in a process of its own and write Parquet
(dlt through its filesystem destination with the Parquet loader). Runs alternate, each in a fresh
process and an empty folder. Run: `uv run --group bench python -m benchmarks.extract
[--records N] [--runs N] [--json] [--out FILE]`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.results import Table, write_result

PAGE = 1000
NEEDED = 2.0
_COMMAND = "uv run --group bench python -m benchmarks.extract"
_START = datetime(2022, 1, 1, tzinfo=UTC)


def record(number: int) -> dict[str, Any]:
    """An invented customer of about 500 bytes."""
    changed = _START + timedelta(seconds=37 * number)
    return {
        "id": f"{number:032x}",
        "customerNumber": str(10_000 + number),
        "email": f"person{number}@example.org",
        "firstName": f"Vorname{number % 977}",
        "lastName": f"Nachname{number % 7919}",
        "company": None if number % 5 else f"Firma {number % 313} GmbH",
        "birthday": "1980-02-29",
        "address": {"street": f"Lange Straße {number % 200}", "zipcode": "50667", "city": "Köln"},
        "amountTotal": round(number % 1000 * 1.19, 2),
        "active": number % 11 != 0,
        "createdAt": _START.isoformat(),
        "updatedAt": changed.isoformat(),
        "note": "x" * 80,
    }


def serve(records: int, latency: float = 0.0) -> None:
    """Answer `GET /records?limit=&offset=&since=` until ended; prints its port first."""

    @cache
    def page(offset: int, limit: int) -> bytes:
        rows = [record(n) for n in range(offset, min(offset + limit, records))]
        return json.dumps({"records": rows, "count": records}, ensure_ascii=False).encode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet, or Nagle's algorithm is what gets measured

        def do_GET(self) -> None:
            time.sleep(latency)
            query = parse_qs(urlsplit(self.path).query)
            limit, offset = (int(query.get(name, ["0"])[0]) for name in ("limit", "offset"))
            if "since" in query:
                since = datetime.fromisoformat(query["since"][0].replace("Z", "+00:00"))
                offset += max(0, -((_START - since) // timedelta(seconds=37)))
            body = page(offset, min(limit, PAGE))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    for offset in range(0, records, PAGE):
        page(offset, PAGE)  # made before the clock runs, for both
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


def with_stamm(url: str, folder: Path) -> int:
    """Rows landed by `connectors.extract`."""
    from connectors.bases import CONTRACT
    from connectors.credentials import FixedHeader
    from connectors.extract import extract_with
    from connectors.http import HttpClient
    from connectors.iso8601 import first_of
    from connectors.paging import HttpReader, OffsetPages
    from connectors.schema import learnt
    from connectors.source import Cursor, Stream
    from stamm.clock import SystemClock
    from stamm.settings import SourceSettings
    from stamm.store import Store

    stream = Stream(
        "customers",
        ("id",),
        CONTRACT,
        "/records",
        cursor=Cursor("updatedAt", first_of("updatedAt")),
        paginate=OffsetPages("records", size=PAGE),
        mandatory=("email",),
        schema=learnt([record(1)]),  # each record is held against it
    )
    clock = SystemClock()
    reader = HttpReader(HttpClient(url, FixedHeader("api-key", "not-a-secret"), clock))
    source = SourceSettings(name="bench", system="bench")
    store = Store.open(folder / "state.db")
    return extract_with(
        reader, source, stream, landing_root=folder / "landing", store=store, clock=clock
    ).rows


def with_dlt(url: str, folder: Path) -> int:
    """Rows written by dlt's filesystem destination as Parquet."""
    import dlt
    from dlt.sources.helpers.rest_client import RESTClient
    from dlt.sources.helpers.rest_client.paginators import OffsetPaginator

    paginator = OffsetPaginator(limit=PAGE, total_path="count")
    client = RESTClient(url, paginator=paginator, data_selector="records")

    @dlt.resource(name="customers", primary_key="id", write_disposition="append")
    def customers() -> Iterator[Any]:
        yield from client.paginate("/records")

    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=str(folder / "dlt"),
        destination=dlt.destinations.filesystem(str(folder / "out")),
        dataset_name="bench",
    )
    pipeline.run(customers(), loader_file_format="parquet")
    return int(pipeline.last_trace.last_normalize_info.row_counts["customers"])


TOOLS = {"stamm": with_stamm, "dlt": with_dlt}


def _import(tool: str) -> None:
    """Loading the libraries is not what is measured."""
    for name in {"stamm": ("connectors.registry", "pandas", "pyarrow.parquet")}.get(tool, (tool,)):
        importlib.import_module(name)


def one_run(tool: str, url: str) -> dict[str, Any]:
    """Seconds and rows of one run in this process, imports included in neither."""
    with tempfile.TemporaryDirectory() as folder:
        _import(tool)
        start = time.perf_counter()
        rows = TOOLS[tool](url, Path(folder))
        return {"tool": tool, "rows": rows, "seconds": time.perf_counter() - start}


@contextmanager
def server(records: int, latency: float = 0.0) -> Iterator[str]:
    """The address of the paged server, in a process of its own; `latency` in seconds a request."""
    command = [sys.executable, __file__, "--serve", "--records", str(records)]
    command += ["--latency", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def measure(records: int, runs: int) -> list[dict[str, Any]]:
    """Alternating runs, each in a process of its own."""
    results = []
    with server(records) as url:
        for _ in range(runs):
            for tool in TOOLS:
                command = [sys.executable, __file__, "--one", tool, "--url", url]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                results.append(json.loads(done.stdout.splitlines()[-1]))
                assert results[-1]["rows"] == records, results[-1]
    return results


def summary(results: Sequence[dict[str, Any]], records: int) -> dict[str, Any]:
    """Median seconds and rate per tool, and how many times dlt's rate ours is."""
    tools = {}
    for tool in TOOLS:
        seconds = [r["seconds"] for r in results if r["tool"] == tool]
        median = statistics.median(seconds)
        tools[tool] = {"seconds": seconds, "median": median, "records_per_second": records / median}
    times = tools["dlt"]["median"] / tools["stamm"]["median"]
    bytes_each = len(json.dumps(record(12_345), ensure_ascii=False).encode())
    return {"records": records, "bytes": bytes_each, "tools": tools, "times_dlt": times}


def _table(found: dict[str, Any], runs: int) -> Table:
    rows = tuple(
        (tool, round(figures["median"], 1), round(figures["records_per_second"]))
        for tool, figures in found["tools"].items()
    )
    return Table(
        f"Extraction of {found['records']:,} records of {found['bytes']} bytes",
        ("", "seconds", "records a second"),
        rows,
        f"{found['times_dlt']:.1f} times dlt's rate; alternating runs, median of {runs}.",
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path, help="keep the result here")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--latency", type=float, default=0.0, help=argparse.SUPPRESS)
    parser.add_argument("--one", choices=TOOLS, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.records, asked.latency)
        return 0
    if asked.one:
        print(json.dumps(one_run(asked.one, asked.url)))
        return 0
    found = summary(measure(asked.records, asked.runs), asked.records)
    if asked.out:
        write_result(asked.out, _COMMAND, [_table(found, asked.runs)], ("dlt", "duckdb"))
    if asked.json:
        print(json.dumps(found))
    else:
        print(f"{found['records']:,} records of {found['bytes']} bytes, {asked.runs} runs each")
        for tool, figures in found["tools"].items():
            rate = figures["records_per_second"]
            print(f"{tool:8}{figures['median']:8.2f} s {rate:12,.0f} records/s")
        print(f"stamm reads {found['times_dlt']:.1f} times as fast as dlt")
    return 0 if found["times_dlt"] >= NEEDED else 1


if __name__ == "__main__":
    sys.exit(main())
