"""Scores of purchases: seconds to fit and to score a million customers.

Flow: buyers drawn from BG/NBD and Gamma-Gamma with CDNOW's parameters over three years →
`marts.purchase_histories` → `score_purchases` fits both models, tests them on the past and writes a
row per customer. Run: `python -m benchmarks.scores [--customers 1000000] [--out FILE]`; fails if a
million takes more processor time than `--seconds`, or if a parameter comes back off by more than
3 %. On a machine of its own the clock shows no more than that; on a shared one it tells the others.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from benchmarks.results import Table, write_result
from serving.scores.rules import Horizon
from serving.scores.stage import score_purchases
from stamm.duck import open_warehouse

AS_OF = date(2026, 6, 30)
COUNTS = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
VALUES = {"p": 6.25, "q": 3.74, "gamma": 15.44}
YEARS, CUT = 3, 182


def load(con: duckdb.DuckDBPyConnection, customers: int) -> None:
    """`marts.purchase_histories` of so many simulated people."""
    con.execute("create schema marts")
    con.register("buyers", _buyers(customers))
    con.execute("""
        create table marts.purchase_histories as select
            'P' || lpad(party::varchar, 9, '0') as party_id, 'person' as customer_kind,
            repeats::integer as repeats, active_days::integer as active_days,
            age_days::integer as age_days,
            case when repeats > 0 then value end::decimal(18, 2) as repeat_value_eur,
            case when age_days > cut then early::integer end as calibration_repeats,
            case when age_days > cut then early_days::integer end as calibration_active_days,
            case when age_days > cut then age_days - cut end::integer as calibration_age_days,
            case when age_days > cut then repeats - early end::integer as holdout_purchases,
            cut::integer as holdout_days
        from buyers""")
    con.unregister("buyers")


def _buyers(customers: int) -> pa.Table:
    """One row per customer: purchases by today and by the cut, in days since the first one."""
    dice = np.random.default_rng(1)
    rate = dice.gamma(COUNTS["r"], 1 / COUNTS["alpha"], customers) / 7
    leaving = dice.beta(COUNTS["a"], COUNTS["b"], customers)
    age = dice.integers(1, YEARS * 365, customers)
    now = np.zeros(customers)
    repeats, active, early, early_days = np.zeros((4, customers))
    here = np.arange(customers)
    while len(here):
        now[here] += np.maximum(dice.exponential(1 / np.maximum(rate[here], 1e-12)), 1e-9)
        here = here[now[here] < age[here]]
        repeats[here] += 1
        active[here] = np.floor(now[here])
        before = here[now[here] < age[here] - CUT]
        early[before] += 1
        early_days[before] = np.floor(now[before])
        here = here[dice.random(len(here)) > leaving[here]]
    each = dice.gamma(VALUES["q"], 1 / VALUES["gamma"], customers)
    times = np.maximum(repeats, 1)
    return pa.table({
        "party": np.arange(customers), "repeats": repeats, "active_days": active, "age_days": age,
        "early": early, "early_days": early_days, "cut": np.full(customers, CUT),
        "value": dice.gamma(VALUES["p"] * times) / times / each,
    })  # fmt: skip


def measure(customers: int) -> dict[str, Any]:
    """Seconds of the whole stage, and the parameters that came back."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_warehouse(Path(folder) / "warehouse.duckdb") as con,
    ):
        load(con, customers)
        begun, worked = time.perf_counter(), time.process_time()
        score_purchases(con, AS_OF, Horizon())
        seconds, worked = time.perf_counter() - begun, time.process_time() - worked
        told = con.sql(
            "select model, parameters, repeat_buyers, holdout_expected, holdout_purchases"
            " from scores.purchase_models where customer_kind = 'person' order by model"
        ).fetchall()
    found = {model: json.loads(parameters) for model, parameters, *_ in told}
    return {
        "customers": customers,
        "repeat_buyers": told[0][2],
        "seconds": round(seconds, 1),
        "processor_seconds": round(worked, 1),
        "load": round(os.getloadavg()[0], 1),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2, 2),
        "parameters": found["bg_nbd"] | found["gamma_gamma"],
        "holdout_share": round(told[0][3] / told[0][4], 3),
    }


def _tables(result: dict[str, Any]) -> list[Table]:
    truth = COUNTS | VALUES
    return [
        Table(
            f"Fitting and scoring {result['customers']:,} customers",
            ("", "figure"),
            (
                ("seconds", result["seconds"]),
                ("processor seconds", result["processor_seconds"]),
                ("processes that wanted a core meanwhile", result["load"]),
                ("repeat buyers", result["repeat_buyers"]),
                ("peak, GB", result["peak_gb"]),
                ("purchases told of those that came, 26 weeks", result["holdout_share"]),
            ),
        ),
        Table(
            "Parameters that came back",
            ("", *truth),
            (
                ("drawn with", *truth.values()),
                ("fitted", *(float(f"{result['parameters'][name]:.4g}") for name in truth)),
            ),
            "Days are whole and purchases of one day count one by one here, so a little is lost.",
        ),
    ]


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--customers", type=int, default=1_000_000)
    asked.add_argument("--seconds", type=float, default=60.0, help="the most for 1M")
    asked.add_argument("--out", type=Path)
    options = asked.parse_args()
    result = measure(options.customers)
    print(json.dumps(result, indent=2))
    if options.out:
        command = f"uv run python -m benchmarks.scores --customers {options.customers}"
        write_result(options.out, command, _tables(result), ("duckdb", "numpy", "scipy"))
    if result["processor_seconds"] > options.seconds * max(result["customers"] / 1_000_000, 0.1):
        sys.exit(f"expected at most {options.seconds} processor s for a million customers")
    off = {
        name: value
        for name, value in (COUNTS | VALUES).items()
        if abs(result["parameters"][name] / value - 1) > 0.03
    }
    if off and result["customers"] >= 1_000_000:
        sys.exit(f"expected parameters within 3 %, found others than {off}")


if __name__ == "__main__":
    main()
