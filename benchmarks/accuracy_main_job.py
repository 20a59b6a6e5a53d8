"""Accuracy of the whole main job beside an oracle, on companies whose seeds are drawn now.

For each seed `stamm run` makes a company, serves it over HTTP, extracts, links and publishes in an
empty home folder. Its golden crosswalk is scored against the truth as `benchmarks.accuracy` scores
larger draws without servers, beside an oracle with the same candidate pairs. Fails likewise.
Run: `uv run python -m benchmarks.accuracy_main_job [--seeds 4711 …] [--draw 1] [--customers 5000]
[--out FILE]`.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.accuracy import missed, sandbox_table
from benchmarks.accuracy_sandbox import (
    PARTY_TYPES,
    TIES,
    WHO,
    Line,
    clustered,
    tie_measure,
    write_labels,
)
from benchmarks.results import write_result

if TYPE_CHECKING:
    import duckdb

    from dedupe.measures.evaluate import Labels


def run_main_job(home: Path, seed: int, customers: int) -> None:
    """`stamm run` in an empty home folder. What fails after linking is said, not hidden."""
    home.mkdir(parents=True)
    settings = home / "stamm.yaml"
    settings.write_text(f"sandbox: {{customers: {customers}, seed: {seed}}}\n", encoding="utf-8")
    command = Path(sys.executable).with_name("stamm")
    places = {"STAMM_HOME": str(home), "STAMM_SETTINGS": str(settings)}
    done = subprocess.run(
        [command, "run", "--json"], check=False, stdout=subprocess.DEVNULL, env=os.environ | places
    )
    if done.returncode:
        print(f"seed {seed}: stamm run ended with {done.returncode}", file=sys.stderr)


def read_truth(home: Path, party_type: str) -> tuple[dict[str, str], dict[str, str]]:
    """Record id → entity, and record id → the firm for which the entity acts in any record."""
    import duckdb

    from stamm.ids import record_id
    from stamm.store import Store

    store = Store.open(home / "state.db")
    secret = store.secret("record_id")
    store.close()
    rows = duckdb.execute(
        "select source, stream, key, facet, entity_id,"
        " max(organisation_entity_id) over (partition by entity_id)"
        " from read_parquet(?) where entity_id is not null and party_type = ?",
        [str(home / "sandbox" / "truth.parquet"), party_type],
    ).fetchall()
    named = [(record_id(secret, *row[:3]) + row[3], row[4], row[5]) for row in rows]
    return {r: entity for r, entity, _ in named}, {r: firm for r, _, firm in named if firm}


def measure(home: Path, seed: int, customers: int) -> list[Line]:
    """People, firms, and the ties between them."""
    from stamm.duck import open_warehouse

    with open_warehouse(home / "work" / "warehouse.duckdb") as con:
        crosswalk = dict(con.sql("select record_id, party_id from golden.xref_parties").fetchall())
        truths = {party_type: read_truth(home, party_type) for party_type in PARTY_TYPES}
        ours: dict[str, Labels] = {}
        best: dict[str, Labels] = {}
        lines = []
        for party_type, (truth, _) in truths.items():
            ours[party_type] = {r: crosswalk[r] for r in truth if r in crosswalk}
            line, best[party_type] = _measure_type(
                con, party_type, ours[party_type], truth, home, seed, customers
            )
            lines.append(line)
        worked = truths["person"][1]
        write_labels(con, "working", {r: firm for r, firm in worked.items() if r in crosswalk})
        firms = truths["organisation"][0]
        write_labels(con, "firm_truth", {r: firm for r, firm in firms.items() if r in crosswalk})
        found, oracle = (tie_measure(con, labels) for labels in (ours, best))
    ties = Line(seed, customers, TIES, len(worked), found, None, oracle, None, "both oracles'")
    return [*lines, ties]


def _measure_type(
    con: duckdb.DuckDBPyConnection,
    party_type: str,
    ours: Labels,
    truth: Labels,
    home: Path,
    seed: int,
    customers: int,
) -> tuple[Line, Labels]:
    from dedupe.linking.linkage import link
    from dedupe.measures.evaluate import scores
    from dedupe.measures.oracle import oracle_scores
    from dedupe.specification import load_specification

    linked = link(con, party_type, load_specification(party_type), work_dir=home / "oracle")
    best = oracle_scores(con, linked.trained, truth, clustered)
    found = scores(ours, truth)
    if found.records != best.scores.records:
        raise SystemExit(
            f"{party_type}: {found.records} records scored, {best.scores.records} by the oracle"
        )
    line = Line(
        seed, customers, WHO[party_type], found.records, found.pairwise, found.cluster,
        best.scores.pairwise, best.scores.cluster, f"{best.threshold:+.1f} {best.clusters}",
    )  # fmt: skip
    return line, best.labels


def main() -> int:
    """0 if every line reaches what is needed, else 1."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--seeds", type=int, nargs="+", help="repeat these instead of drawing")
    asked.add_argument("--draw", type=int, default=1, help="how many seeds to draw")
    asked.add_argument("--customers", type=int, default=5000)
    asked.add_argument("--out", type=Path)
    options = asked.parse_args()
    seeds = options.seeds or [secrets.randbelow(2**31) for _ in range(options.draw)]
    print(f"seeds: {' '.join(map(str, seeds))} (--seeds repeats them)", flush=True)
    lines = []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "home"
            run_main_job(home, seed, options.customers)
            for line in measure(home, seed, options.customers):
                print(line, flush=True)
                lines.append(line)
    if options.out:
        command = (
            f"python -m benchmarks.accuracy_main_job --customers {options.customers}"
            f" --seeds {' '.join(map(str, seeds))}"
        )
        table = sandbox_table(lines, "Whole companies through `stamm run`: in %, beside the oracle")
        write_result(options.out, command, [table], ("duckdb", "recordlinkage"))
    for sentence in missed([], lines):
        print(sentence)
    return int(bool(missed([], lines)))


if __name__ == "__main__":
    raise SystemExit(main())
