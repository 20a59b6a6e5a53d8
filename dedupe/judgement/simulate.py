"""What a run would do with another specification, tried on a copy: nothing real is touched.

In: the private warehouse, the operational store and the trained models as the last run left them.
The very code of a run works on copies of them in a scratch folder, which is gone afterwards; so
what is predicted is what the run does. Out: a `Simulation` whose connection still has the tables
of the copy, for figures that other packages know how to ask.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.identity import ledger
from dedupe.identity.ledger import LedgerEvent
from dedupe.resolve import Outcome, resolve_parties
from stamm.duck import open_warehouse
from stamm.errors import StammError
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb

    from dedupe.specification import Specification

RUN = "simulation"
MOVED = "simulated_moves"  # temp table: record_id, old_party_id, new_party_id


@dataclass(frozen=True)
class Places:
    """What a run works on."""

    warehouse: Path
    store: Path
    linkage: Path


@dataclass(frozen=True)
class Simulation:
    """The run's own counts, its events, and the copy it worked on.

    `MOVED` holds the records whose party changed; `store` is the copy of the operational store.
    """

    con: duckdb.DuckDBPyConnection
    store: Store
    linkage: Path
    outcome: Outcome
    events: tuple[LedgerEvent, ...]
    records_moved: int
    parties_touched: frozenset[str]


@contextmanager
def simulated(
    places: Places,
    specifications: Mapping[str, Specification],
    *,
    scratch: Path,
    at: datetime,
) -> Iterator[Simulation]:
    """A run of dedupe on copies in `scratch`, a folder of its own that is removed at the end."""
    with copied(places, scratch) as copy, tried(copy, specifications, at=at) as simulation:
        yield simulation


@contextmanager
def tried(
    copy: Places, specifications: Mapping[str, Specification], *, at: datetime
) -> Iterator[Simulation]:
    """A run of dedupe on copies that are there; it changes them."""
    with (
        open_warehouse(copy.warehouse) as con,
        closing(Store.open(copy.store)) as store,
    ):
        con.execute(
            "create or replace temp table before as"
            " select record_id, party_id from golden.xref_parties"
        )
        known = len(ledger.events(store))
        outcome = resolve_parties(
            con, store, specifications, run_id=RUN, at=at, work_dir=copy.linkage
        )
        _write_moves(con)
        yield Simulation(
            con,
            store,
            copy.linkage,
            outcome,
            tuple(ledger.events(store)[known:]),
            int(con.table(MOVED).count("*").fetchall()[0][0]),
            _touched(con),
        )


@contextmanager
def copied(places: Places, scratch: Path) -> Iterator[Places]:
    """Copies of all three; what a simulation that was killed left there goes first."""
    if not places.warehouse.exists():
        raise StammError(
            f"{places.warehouse}: expected the warehouse of a run, found none",
            hint="`stamm run` makes it; a simulation starts from what it found.",
        )
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    copy = Places(scratch / "warehouse.duckdb", scratch / "state.db", scratch / "dedupe")
    try:
        shutil.copyfile(places.warehouse, copy.warehouse)
        if _log(places.warehouse).exists():
            shutil.copyfile(_log(places.warehouse), _log(copy.warehouse))
        if places.linkage.exists():
            shutil.copytree(places.linkage, copy.linkage)
        with closing(Store.open(places.store)) as store:
            store.copy_to(copy.store)
        yield copy
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _log(warehouse: Path) -> Path:
    """What DuckDB wrote and has not yet put into the file."""
    return warehouse.with_name(f"{warehouse.name}.wal")


def _write_moves(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        f"create or replace temp table {MOVED} as"
        " select record_id, b.party_id as old_party_id, x.party_id as new_party_id"
        " from before as b full join golden.xref_parties as x using (record_id)"
        " where b.party_id is distinct from x.party_id"
    )


def _touched(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The ids whose records change, as they were and as they become."""
    rows = con.execute(
        f"select old_party_id from {MOVED} where old_party_id is not null"
        f" union select new_party_id from {MOVED} where new_party_id is not null"
    ).fetchall()
    return frozenset(party for (party,) in rows)
