"""What an increment costs beside a rebuild of dedupe: links, clusters, ids, values and lineage.

Flow: `party_records` makes the match input → a first run trains and links → a rebuild links all
records again by the same model → for each share some records change, leave or come, and a run goes
on from there. Warehouse and ledger are files, as in a pipeline; the process is warm.
Run: `python -m benchmarks.increments [--records 1000000] [--shares 0.01 0.001] [--out FILE]`;
fails where an increment costs more than its part of the rebuild.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from benchmarks.party_records import load, match_input
from benchmarks.results import Table, write_result
from dedupe.resolve import Outcome, resolve_parties
from dedupe.specification import load_specification
from stamm.duck import open_warehouse
from stamm.store import Store

# A change of this share of the records may cost this part of a rebuild.
PROMISED = {0.01: 1 / 10, 0.001: 1 / 20}
DAY = datetime(2026, 1, 1, tzinfo=UTC)
_ROWS = "intermediate.int_parties__match_input"
# Of the records that change, half get values of another record, a quarter go, a quarter come: the
# same person once more, with some fields empty.
_CHANGES = (
    f"""
    create or replace temp table chosen as
    select record_id, party_type, h % 4 as kind,
           row_number() over (partition by party_type order by h, record_id) as n
    from (select record_id, party_type, hash(record_id, $day) % 1000000 as h from {_ROWS})
    where h < $share * 1000000
    """,
    f"""
    create or replace temp table changed as
    select i.* replace (
        other.emails as emails, other.phones as phones, other.street as street,
        other.house_number as house_number, other.postcode as postcode, other.city as city,
        i.updated_at + interval 1 day as updated_at)
    from {_ROWS} as i
    inner join chosen as c using (record_id)
    inner join chosen as o on o.n = c.n + 1 and o.party_type = c.party_type
    inner join {_ROWS} as other on other.record_id = o.record_id
    where c.kind < 2
    """,
    f"""
    create or replace temp table come as
    select i.* replace (i.record_id || ':again-' || $day as record_id, null as street,
        case when hash(i.record_id) % 2 = 0 then [] else i.phones end as phones)
    from {_ROWS} as i inner join chosen as c using (record_id) where c.kind = 3
    """,
    f"delete from {_ROWS} where record_id in (select record_id from chosen where kind = 2)",
    f"delete from {_ROWS} where record_id in (select record_id from changed)",
    f"insert into {_ROWS} from changed",
    f"insert into {_ROWS} from come",
)


class Bench:
    """A warehouse, a ledger and a model on disk, and the runs over them."""

    def __init__(self, con: duckdb.DuckDBPyConnection, store: Store, folder: Path) -> None:
        self.con, self.store, self.folder = con, store, folder
        self.day = 0
        self.specifications = {t: load_specification(t) for t in ("person", "organisation")}

    def run(self, *, full: bool = False) -> tuple[float, Outcome]:
        """Seconds of one run, and what it came to."""
        self.day += 1
        begun = time.perf_counter()
        outcome = resolve_parties(
            self.con, self.store, self.specifications, run_id=f"run-{self.day}",
            at=DAY + timedelta(days=self.day), work_dir=self.folder / "linkage", full=full,
        )  # fmt: skip
        return time.perf_counter() - begun, outcome

    def change(self, share: float) -> int:
        """Change this share of the records; gives how many."""
        for statement in _CHANGES:
            bound = {"share": share, "day": self.day}
            used = {name: value for name, value in bound.items() if f"${name}" in statement}
            self.con.execute(statement, used)
        return int(self.con.table("chosen").count("*").fetchall()[0][0])


def measure(folder: Path, records: int, shares: list[float]) -> list[tuple[str, int, int, float]]:
    """(what, records changed, records linked, seconds) of the first run, a rebuild, increments."""
    source = match_input(folder, records)
    with (
        tempfile.TemporaryDirectory(dir=folder) as place,
        open_warehouse(Path(place) / "warehouse.duckdb") as con,
        closing(Store.open(Path(place) / "state.db")) as store,
    ):
        load(con, source)
        bench = Bench(con, store, Path(place))
        found = [_told("first run, with training", 0, bench.run())]
        found.append(_told("rebuild", 0, bench.run(full=True)))
        bench.change(0.0001)
        bench.run()  # what only the first increment pays: plans and pages of this process
        for share in shares:
            changed = bench.change(share)
            found.append(_told(f"{share:.1%} changed", changed, bench.run()))
    return found


def _told(what: str, changed: int, ran: tuple[float, Outcome]) -> tuple[str, int, int, float]:
    seconds, outcome = ran
    told = (what, changed, outcome.records_linked, round(seconds, 1))
    print(*told, flush=True)
    return told


def _table(records: int, found: list[tuple[str, int, int, float]]) -> Table:
    rebuild = found[1][3]
    rows = tuple((*row, round(row[3] / rebuild, 3)) for row in found)
    return Table(
        f"Dedupe of {records:,} records: a rebuild, and going on from it",
        ("run", "records changed", "records linked", "seconds", "of a rebuild"),
        rows,
        "Links, clusters, ids, golden values and lineage included.",
    )


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--records", type=int, default=1_000_000)
    asked.add_argument("--shares", type=float, nargs="+", default=list(PROMISED))
    asked.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "stamm-records")
    asked.add_argument("--out", type=Path)
    options = asked.parse_args()
    found = measure(options.folder, options.records, options.shares)
    table = _table(options.records, found)
    if options.out:
        command = f"uv run python -m benchmarks.increments --records {options.records}"
        write_result(options.out, command, [table])
    late = [
        f"{row[0]}: {row[4]} of a rebuild, promised {PROMISED[share]}"
        for share, row in zip(options.shares, table.rows[2:], strict=True)
        if share in PROMISED and float(row[4] or 0) > PROMISED[share]
    ]
    if late:
        sys.exit("; ".join(late))


if __name__ == "__main__":
    main()
