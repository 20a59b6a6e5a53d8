"""The API under load: requests a second and milliseconds, at a million golden parties.

Flow: `party_records` makes the match input → dedupe links it → its golden parties are published →
`stamm serve` → wrk asks one kind of request after the other, with clients that keep their
connections; the first seconds of each warm the server and do not count. Server and wrk share the
machine. Needs wrk (`apt-get install wrk`). Run:
`uv run python -m benchmarks.api_load [--records 2300000] [--clients 8] [--out FILE]`; fails if a
request was refused, or if 95 of 100 look-ups take longer than `--milliseconds`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import quote

import serving.hiding
import serving.lookups
import serving.publish
import stamm.duck
from benchmarks.api import served
from benchmarks.lookup import ASKED, cards_of, drawn
from benchmarks.party_records import load, match_input
from benchmarks.results import Table, write_result
from dedupe.resolve import resolve_parties
from dedupe.specification import load_specification
from serving.release import release
from stamm.duck import open_warehouse
from stamm.home import Home
from stamm.store import Store
from tests.serving.api import published as marts

# What a build is made by: a home of other code is no measure of this one.
BUILDS = [
    Path(str(module.__file__))
    for module in (serving.publish, serving.lookups, serving.hiding, stamm.duck, marts)
]
SCRIPT = Path(__file__).with_name("api_load.lua")
CUSTOMERS = 10_000  # whose pages are asked for
WARM_UP = 5  # seconds of each kind before it is measured


@dataclass(frozen=True)
class Load:
    """What wrk saw of one kind of request."""

    kind: str
    requests: int
    a_second: float
    p50: float
    p95: float
    p99: float
    refused: int


def published(folder: Path, records: int) -> Home:
    """A data folder with so many records linked and published, made anew if builds are."""
    digest = blake2b(b"".join(map(Path.read_bytes, BUILDS)), digest_size=4).hexdigest()
    home = Home(folder / f"home-{records}-{digest}")
    done = home.root / "complete"
    if done.exists():
        return home
    home.prepare()
    now = datetime.now(UTC)
    specifications = {kind: load_specification(kind) for kind in ("person", "organisation")}
    with closing(Store.open(home.store)) as store:
        with open_warehouse(home.warehouse) as con:
            load(con, match_input(folder, records))
            resolve_parties(
                con, store, specifications, run_id="benchmark", at=now, work_dir=home.linkage
            )
            marts.write_marts(con)
        release(
            home.warehouse, home.published, store, build_id="b1", at=now, keep=1,
            info={"as_of": now.date().isoformat(), "built_at": now.isoformat()},
        )  # fmt: skip
    done.touch()
    return home


def kinds_of_requests(home: Home) -> dict[str, list[tuple[str, str]]]:
    """Kind → (path, body): different customers, records and cards; addresses as often as held."""
    with open_warehouse(home.warehouse, read_only=True) as con:
        sample = f"using sample {CUSTOMERS} rows (reservoir, 1)"
        ids = [
            i for (i,) in con.sql(f"select party_id from golden.golden_parties {sample}").fetchall()
        ]
        emails = con.sql(
            f"select email from golden.golden_parties where email is not null {sample}"
        ).fetchall()
        records = con.sql(f"select source, record_id from golden.xref_parties {sample}").fetchall()
        rows = drawn(con, 1)
    found = {
        "one customer": [(f"/customers/{i}", "") for i in ids],
        "three fields of one": [(f"/customers/{i}?fields=full_name,email,city", "") for i in ids],
        "its sources": [(f"/customers/{i}/sources", "") for i in ids],
        "its provenance": [(f"/customers/{i}/provenance", "") for i in ids],
        "its timeline": [(f"/customers/{i}/timeline", "") for i in ids],
        "its contacts": [(f"/customers/{i}/contacts", "") for i in ids],
        "of a record": [(f"/xref/{source}/{quote(key, safe='')}", "") for source, key in records],
        "of an e-mail": [(f"/customers?email={quote(email)}", "") for (email,) in emails],
        "a page of 50": [(f"/customers?limit=50&after={i}", "") for i in ids],
    }
    for kind, fields in ASKED.items():
        cards = [card.model_dump(mode="json", exclude_defaults=True)
                 for _, card in cards_of(rows, fields)]  # fmt: skip
        found[f"match: {kind}"] = [("/match", json.dumps({"card": card})) for card in cards]
    return found


def loaded(url: str, key: str, kind: str, asked: list[tuple[str, str]], clients: int,
           seconds: int) -> Load:  # fmt: skip
    """wrk over this kind of request, once the server is warm."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(f"{path}\t{body}\n" for path, body in asked))
        file.flush()
        told, refused = {"requests": 0}, 0
        for lasting in (WARM_UP, seconds):  # going on where the first ended
            command = ["wrk", "-t1", f"-c{clients}", f"-d{lasting}s", "--timeout", "30s", "-s",
                       str(SCRIPT), url, "--", file.name, key, str(told["requests"])]  # fmt: skip
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            told = json.loads(done.stdout.splitlines()[-1])
            refused += told["refused"]
    return Load(
        kind, told["requests"], round(told["requests"] / told["seconds"], 1),
        *(round(told[p], 1) for p in ("p50", "p95", "p99")), refused,
    )  # fmt: skip


def measured(home: Home, clients: int, seconds: int) -> list[Load]:
    """Every kind once, on a copy of the folder."""
    with tempfile.TemporaryDirectory(dir=home.root.parent) as folder:
        copy = Home(Path(folder) / "home")
        shutil.copytree(home.root, copy.root, symlinks=True)
        asked = kinds_of_requests(copy)
        with served(copy.root, ("read", "match")) as (url, key):
            return [loaded(url, key, kind, asked[kind], clients, seconds) for kind in asked]


def _table(home: Home, clients: int, loads: list[Load]) -> Table:
    with open_warehouse(home.warehouse, read_only=True) as con:
        [(parties,)] = con.sql("select count(*) from golden.golden_parties").fetchall()
    columns = ("request", "requests", "a second", "p50 ms", "p95 ms", "p99 ms", "refused")
    rows = tuple(
        (one.kind, one.requests, one.a_second, one.p50, one.p95, one.p99, one.refused)
        for one in loads
    )
    title = f"{clients} clients, {parties:,} golden parties"
    return Table(title, columns, rows, "wrk runs on the same two cores as the server.")


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--records", type=int, default=2_300_000)
    options.add_argument("--clients", type=int, default=8)
    options.add_argument("--seconds", type=int, default=15, help="for each kind of request")
    options.add_argument("--milliseconds", type=float, default=50.0, help="p95 of a look-up")
    options.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "stamm-records"
    )
    options.add_argument("--out", type=Path)
    given: Any = options.parse_args()
    home = published(given.folder, given.records)
    loads = measured(home, given.clients, given.seconds)
    table = _table(home, given.clients, loads)
    print(table)
    if given.out:
        command = f"uv run python -m benchmarks.api_load --records {given.records}"
        write_result(given.out, command, [table], ("duckdb", "fastapi", "uvicorn"))
    slow = [
        one.kind for one in loads if one.kind.startswith("match") and one.p95 > given.milliseconds
    ]
    refused = [one.kind for one in loads if one.refused]
    print(f"too slow: {slow or 'none'}; refused: {refused or 'none'}", file=sys.stderr)
    return 1 if slow or refused else 0


if __name__ == "__main__":
    sys.exit(main())
