"""Linkage against Splink 5 on DuckDB: seconds and peak memory of whole processes, in turns.

Both read the same standardised people from Parquet and go from there to connected components with
the same comparisons and candidate pairs (`linkage_stamm`, `linkage_splink`); ours goes on to
repair and survivorship, which are timed beside. The people are the sandbox's, made and
standardised once and kept in `--folder`.
Run: `uv run --group bench python -m benchmarks.linkage [--records 100000 1000000 5000000]
[--repeat 3] [--out FILE]`; it fails where a target of the size is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.linkage_phases import PARSED, prepared
from benchmarks.results import Table, write_result

Run = dict[str, Any]
PEOPLE = 0.88  # of the sandbox's records; the rest are firms
# Records → (times faster than Splink, share of its memory, most memory in GB) to reach.
TARGETS = {1_000_000: (2.5, 0.60, None), 5_000_000: (3.0, 0.45, 6.0)}


def memory_limit(records: int) -> str:
    """What DuckDB may use: 900 MB and 520 MB for each million."""
    return f"{900 + 520 * records // 1_000_000}MB"


def prepare(folder: Path, records: int) -> Path:
    """Standardised people, their match input, and Splink's input with our keys as columns."""
    from benchmarks.party_records import load, match_input
    from dedupe.standardise.records import standardise_records
    from stamm.duck import open_warehouse

    place = folder / f"people-{records}"
    if all(prepared(place, name).exists() for name in ("people_with_keys", *PARSED)):
        return place
    place.mkdir(parents=True, exist_ok=True)
    source = match_input(folder, int(records / PEOPLE * 1.02))
    with (
        tempfile.TemporaryDirectory(dir=folder) as temporary,
        open_warehouse(Path(temporary) / "warehouse.duckdb") as con,
    ):
        load(con, source)
        found = standardise_records(con, "person")
        if found < records:
            raise SystemExit(f"expected {records} people, found {found} in {source}")
        con.execute(
            f"copy (from link.person_records where rid <= {records} order by rid)"
            f" to '{prepared(place, 'people')}' (format parquet)"
        )
        con.execute(
            "copy (select i.* from intermediate.int_parties__match_input as i"
            f" inner join link.person_records as r using (record_id) where r.rid <= {records})"
            f" to '{prepared(place, 'match_input')}' (format parquet)"
        )
        for name in PARSED:
            con.execute(f"copy link.{name} to '{prepared(place, name)}' (format parquet)")
        write_keys(con, place)
    return place


def write_keys(con: Any, place: Path) -> None:
    """`people_with_keys`: one column `key_<i>` per blocking rule, null where the value is hot."""
    from dedupe.linking.blocking import LISTS, keys_sql
    from dedupe.specification import load_specification

    people = f"'{prepared(place, 'people')}'"
    rules = load_specification("person").blocking_rules
    for i, rule in enumerate(rules):
        gathered = "list(k)" if LISTS.intersection(rule.columns) else "any_value(k)"
        con.execute(
            f"create or replace table keys_{i} as select rid, {gathered} as key_{i} from"
            f" (select rid, k from ({keys_sql(rule, people)}) where k is not null"
            f" qualify count(*) over (partition by k) between 2 and {rule.cap}) group by rid"
        )
    keys = "".join(f", key_{i}" for i in range(len(rules)))
    joins = " ".join(f"left join keys_{i} using (rid)" for i in range(len(rules)))
    con.execute(
        f"copy (select p.*{keys} from {people} as p {joins} order by rid)"
        f" to '{prepared(place, 'people_with_keys')}' (format parquet)"
    )


def run(module: str, *arguments: str) -> Run:
    """One child process; its last line is the result."""
    command = [sys.executable, "-m", module, *arguments, str(time.time())]
    # Without compiled modules kept, as some containers are set up, imports cost more than phases.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=kept)
    found: Run = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def measure(place: Path, records: int, repeat: int) -> tuple[list[Run], list[Run]]:
    """Runs of ours and of Splink in turns."""
    ours, theirs = [], []
    for number in range(repeat):
        for found, arguments in (
            (ours, ("benchmarks.linkage_stamm", str(place), memory_limit(records))),
            (theirs, ("benchmarks.linkage_splink", str(place))),
        ):
            found.append(run(*arguments))
            line = {k: v for k, v in found[-1].items() if not isinstance(v, dict)}
            print(f"{records:>9}  run {number + 1}  {arguments[0]}  {line}", flush=True)
    return ours, theirs


def median(runs: list[Run], name: str) -> float:
    return round(statistics.median(float(one[name]) for one in runs), 2)


def phases(runs: list[Run]) -> dict[str, float]:
    """Median seconds by phase."""
    return {
        name: round(statistics.median(one["seconds"][name] for one in runs), 1)
        for name in runs[0]["seconds"]
    }


def tables(found: dict[int, tuple[list[Run], list[Run]]]) -> list[Table]:
    summary, by_phase = [], []
    for records, (ours, theirs) in found.items():
        seconds, splink = median(ours, "total"), median(theirs, "total")
        peak, splink_peak = median(ours, "peak_gb"), median(theirs, "peak_gb")
        after = sum(phases(ours)[name] for name in ("repair", "survivorship"))
        summary.append((
            records, round(median(ours, "pairs")), seconds, splink, round(splink / seconds, 2),
            peak, splink_peak, round(100 * peak / splink_peak), round(1e6 * seconds / records, 1),
            round(after, 1), round(100 * after / seconds),
        ))  # fmt: skip
        by_phase += [(records, "stamm", name, s) for name, s in phases(ours).items()]
        by_phase += [(records, "splink", name, s) for name, s in phases(theirs).items()]
    return [
        Table(
            "From standardised people to connected components",
            ("records", "candidate pairs", "stamm s", "Splink s", "times faster", "stamm GB",
             "Splink GB", "GB in % of Splink's", "µs a record", "repair and survivorship s",
             "in % of the rest"),
            tuple(summary),
            _of_runs(max(len(ours) for ours, _ in found.values())),
        ),
        Table("Phase by phase", ("records", "engine", "phase", "seconds"), tuple(by_phase)),
    ]  # fmt: skip


def _of_runs(each: int) -> str:
    said = f"Medians of {each} runs of each" if each > 1 else "One run of each"
    return f"{said}, as whole processes, imports included."


def missed(found: dict[int, tuple[list[Run], list[Run]]]) -> list[str]:
    """Targets that do not hold, as sentences."""
    sentences = []
    for records, (ours, theirs) in found.items():
        if records not in TARGETS:
            continue
        faster, share, most = TARGETS[records]
        ratio = median(theirs, "total") / median(ours, "total")
        peak = median(ours, "peak_gb")
        of_theirs = peak / median(theirs, "peak_gb")
        if ratio < faster:
            sentences.append(f"{records}: {ratio:.2f} times faster, needed {faster}")
        if of_theirs > share:
            sentences.append(f"{records}: {of_theirs:.0%} of Splink's memory, needed {share:.0%}")
        if most and peak > most:
            sentences.append(f"{records}: {peak} GB, needed {most}")
    return sentences


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--records", type=int, nargs="+", default=[100_000, 1_000_000])
    asked.add_argument("--repeat", type=int, default=3)
    asked.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "stamm-records")
    asked.add_argument("--out", type=Path)
    options = asked.parse_args()
    found = {
        records: measure(prepare(options.folder, records), records, options.repeat)
        for records in options.records
    }
    if options.out:
        sizes = " ".join(str(records) for records in options.records)
        command = f"python -m benchmarks.linkage --records {sizes} --repeat {options.repeat}"
        write_result(options.out, command, tables(found), packages=("duckdb", "splink", "scipy"))
    for sentence in missed(found):
        print(sentence)
    return int(bool(missed(found)))


if __name__ == "__main__":
    raise SystemExit(main())
