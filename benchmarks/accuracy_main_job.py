"""Accuracy of the whole main job beside an oracle, on companies whose seeds are drawn now.

For each seed `stamm run` makes a company with four years of history, serves it over HTTP, extracts,
links and publishes in an empty home folder. Its golden crosswalk is scored against the truth, and
beside it the oracle's clusters of the same candidate pairs (`dedupe.measures.oracle`). Fails below
98 % of the oracle's cluster F1. Larger draws without servers: `benchmarks.accuracy`.
Run: `uv run python -m benchmarks.accuracy_main_job [--seeds 4711 …] [--draw 2] [--customers 5000]
[--json]`.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from benchmarks.accuracy_sandbox import PARTY_TYPES, clustered
from dedupe.linking.linkage import link
from dedupe.measures.evaluate import Labels, Measure, scores
from dedupe.measures.oracle import oracle_scores
from dedupe.specification import load_specification
from stamm.duck import open_warehouse
from stamm.ids import record_id
from stamm.store import Store

NEEDED = 0.98


@dataclass(frozen=True)
class Line:
    """One party type of one company; measures are (precision, recall, F1)."""

    seed: int
    who: str
    records: int
    pairwise: Measure
    cluster: Measure
    oracle_pairwise: Measure
    oracle_cluster: Measure
    oracle_threshold: str

    @property
    def ratio(self) -> float:
        """Our cluster F1 in terms of the oracle's."""
        return self.cluster[2] / self.oracle_cluster[2]


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


def read_truth(home: Path, party_type: str) -> dict[str, str]:
    """record id → entity."""
    store = Store.open(home / "state.db")
    secret = store.secret("record_id")
    store.close()
    rows = duckdb.execute(
        "select source, stream, key, facet, entity_id from read_parquet(?)"
        " where entity_id is not null and party_type = ?",
        [str(home / "sandbox" / "truth.parquet"), party_type],
    ).fetchall()
    return {record_id(secret, *row[:3]) + row[3]: row[4] for row in rows}


def crosswalk(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """record id → golden id, as the main job wrote it."""
    return dict(con.sql("select record_id, party_id from golden.xref_parties").fetchall())


def measure(home: Path, seed: int) -> list[Line]:
    """People, organisations, and all together."""
    lines, all_truth, all_oracle = [], {}, {}
    with open_warehouse(home / "work" / "warehouse.duckdb") as con:
        ours = crosswalk(con)
        for party_type in PARTY_TYPES:
            truth = read_truth(home, party_type)
            linked = link(con, party_type, load_specification(party_type), work_dir=home / "oracle")
            best = oracle_scores(con, linked.trained, truth, clustered)
            threshold = f"{best.threshold:+.1f} {best.clusters}"
            lines.append(_line(seed, party_type, ours, truth, best.labels, threshold))
            all_truth |= truth
            all_oracle |= {record: (party_type, c) for record, c in best.labels.items()}
    return [*lines, _line(seed, "all", ours, all_truth, all_oracle, "the best of each")]


def _line(seed: int, who: str, ours: Labels, truth: Labels, oracle: Labels, threshold: str) -> Line:
    found, best = scores(ours, truth), scores(oracle, truth)
    if found.records != best.records:
        raise SystemExit(f"{who}: {found.records} records scored, {best.records} by the oracle")
    return Line(
        seed, who, found.records, found.pairwise, found.cluster, best.pairwise, best.cluster,
        threshold,
    )  # fmt: skip


def show(line: Line) -> None:
    """One aligned row; P, R and F1 in per cent."""

    def percent(one: Measure) -> str:
        return " ".join(f"{100 * value:5.1f}" for value in one)

    print(
        f"{line.seed:>10}  {line.who:<13}{line.records:>7}   {percent(line.pairwise)}"
        f"   {percent(line.cluster)}   {percent(line.oracle_pairwise)}"
        f"   {percent(line.oracle_cluster)}   {100 * line.ratio:6.1f}   {line.oracle_threshold}",
        flush=True,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every line reaches what is needed, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", help="repeat these instead of drawing")
    parser.add_argument("--draw", type=int, default=2, help="how many seeds to draw")
    parser.add_argument("--customers", type=int, default=5000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    seeds = options.seeds or [secrets.randbelow(2**31) for _ in range(options.draw)]
    if not options.json:
        print(f"seeds: {' '.join(str(seed) for seed in seeds)} (--seeds repeats them)")
        print(f"{'':34}ours: pairs P R F1   clusters P R F1     oracle: pairs       clusters"
              "            ratio   oracle's threshold")  # fmt: skip
    lines = []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "home"
            run_main_job(home, seed, options.customers)
            for line in measure(home, seed):
                lines.append(line)
                if not options.json:
                    show(line)
    worst = min(line.ratio for line in lines)
    if options.json:
        print(json.dumps({"lines": [asdict(line) | {"ratio": line.ratio} for line in lines],
                          "worst_ratio": worst, "needed": NEEDED}, indent=1))  # fmt: skip
    else:
        print(f"worst ratio {100 * worst:.1f} %, needed {100 * NEEDED:.0f} %")
    return int(worst < NEEDED)


if __name__ == "__main__":
    raise SystemExit(main())
