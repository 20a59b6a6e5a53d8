"""Look-ups in a warm process: milliseconds from a card to its parties, at any number of records.

Flow: `party_records` makes the match input → dedupe links it and gives golden parties → `Lookup`
reads all into memory → cards drawn from the records, each with a part of its fields, are looked up
one after the other. Run: `python -m benchmarks.lookup [--records 1000000] [--out FILE]`; fails if
the 95th percentile is above `--milliseconds`.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from benchmarks.party_records import load, match_input
from benchmarks.results import Table, write_result
from dedupe.lookup import Card, Lookup
from dedupe.resolve import resolve_parties
from dedupe.specification import load_specification
from stamm.duck import open_warehouse
from stamm.store import Store

CARDS = 2_000
NAMES = ("given_name", "family_name", "full_name", "company_name")
# What different desks type: a person may know the name and one thing more.
ASKED = {
    "name and e-mail": (*NAMES, "emails"),
    "name and town": (*NAMES, "postcode", "city"),
    "name and phone": (*NAMES, "phones"),
    "name and birth date": (*NAMES, "birth_date"),
    "all fields": tuple(Card.model_fields),
}


@dataclass(frozen=True)
class Asked:
    """Cards of one kind: milliseconds each, and how often its own party was the first person."""

    kind: str
    milliseconds: list[float]
    first: int


def linked(folder: Path, records: int) -> Path:
    """A folder with warehouse, ledger and models of so many records, made if missing."""
    place = folder / f"linked-{records}"
    done = place / "complete"
    if not done.exists():
        place.mkdir(parents=True, exist_ok=True)
        specifications = {t: load_specification(t) for t in ("person", "organisation")}
        with (
            open_warehouse(place / "warehouse.duckdb") as con,
            closing(Store.open(place / "state.db")) as store,
        ):
            load(con, match_input(folder, records))
            resolve_parties(
                con, store, specifications, run_id="benchmark", at=datetime.now(UTC),
                work_dir=place / "models",
            )  # fmt: skip
        done.touch()
    return place


def ask(lookup: Lookup, kind: str, cards: list[tuple[str, Card]]) -> Asked:
    """Look each card up; `cards` come with the party that they were drawn from."""
    taken, first = [], 0
    for party, card in cards:
        begun = time.perf_counter()
        hits = lookup.find(card)
        taken.append(1_000 * (time.perf_counter() - begun))
        people = [hit.party_id for hit in hits if hit.party_type == "person"]
        first += people[:1] == [party]
    return Asked(kind, taken, first)


def drawn(con: duckdb.DuckDBPyConnection, seed: int) -> list[tuple[str, dict[str, Any]]]:
    """(party, raw fields) of records of people."""
    rows = con.execute(
        "select x.party_id, i.* from intermediate.int_parties__match_input as i"
        " inner join golden.xref_parties as x using (record_id) where i.party_type = 'person'"
        f" using sample {CARDS} rows (reservoir, {seed})"
    ).to_arrow_table()
    return [(row.pop("party_id"), row) for row in rows.to_pylist()]


def cards_of(rows: list[tuple[str, dict[str, Any]]], fields: tuple[str, ...]) -> list[Any]:
    """Cards with these fields, of the records that have more than a name."""
    given = [(party, {f: row[f] for f in fields if row[f]}) for party, row in rows]
    return [
        (party, Card.model_validate(fields))
        for party, fields in given
        if set(fields) & set(NAMES) and set(fields) - set(NAMES)
    ]


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--records", type=int, default=1_000_000)
    asked.add_argument("--milliseconds", type=float, default=10.0, help="p95 may be no more")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "stamm-records")
    asked.add_argument("--out", type=Path)
    options = asked.parse_args()
    place = linked(options.folder, options.records)
    with open_warehouse(place / "warehouse.duckdb", read_only=True) as con:
        begun = time.perf_counter()
        lookup = Lookup.open(con, place / "models")
        opened = time.perf_counter() - begun
        rows = drawn(con, options.seed)
    results = [ask(lookup, kind, cards_of(rows, fields)) for kind, fields in ASKED.items()]
    table = _table(options.records, opened, results)
    for row in table.rows:
        print(*row)
    print(table.note)
    if options.out:
        command = f"uv run python -m benchmarks.lookup --records {options.records}"
        write_result(options.out, command, [table])
    worst = max(np.percentile(one.milliseconds, 95) for one in results)
    if worst > options.milliseconds:
        sys.exit(
            f"expected a 95th percentile of {options.milliseconds} ms at most, got {worst:.1f}"
        )


def _table(records: int, opened: float, results: list[Asked]) -> Table:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    rows = [
        (
            one.kind,
            len(one.milliseconds),
            *(round(float(np.percentile(one.milliseconds, p)), 1) for p in (50, 95, 99)),
            round(100 * one.first / len(one.milliseconds), 1),
        )
        for one in results
    ]
    return Table(
        f"Look-ups among {records:,} records, a warm process",
        ("card", "cards", "p50 ms", "p95 ms", "p99 ms", "its own party first, %"),
        tuple(rows),
        f"Opening took {opened:.0f} s once; the process peaked at {peak:.1f} GB.",
    )


if __name__ == "__main__":
    main()
