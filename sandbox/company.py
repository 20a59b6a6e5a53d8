"""The sandbox company: people and firms over four systems, the same for the same seed.

Flow: `create(folder)` → `company.db` (records on their way to the vendor APIs), `truth.parquet`
and `files/spend_estimates.csv`. Built chunk by chunk, so memory stays bounded, in a file beside
the real one that takes its name at the very end. Try it: `stamm sandbox serve`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox import campaigns, helpdesk, parties, tickets, trade
from sandbox.dice import Dice
from sandbox.estimates import estimate, write_estimates
from sandbox.firms import draw_firm
from sandbox.mess import load_mess
from sandbox.population import draw_household, draw_person
from sandbox.records import INDEXES, SCHEMA, Records, connect, read_meta, write_meta, write_tally
from sandbox.truth import truth_generation, write_truth
from sandbox.vocabulary import load_vocabulary
from sandbox.world import World
from stamm.errors import UsageError

START = datetime(2026, 6, 30, 6, tzinfo=UTC)  # the sandbox's present when it is created
CHUNK = 1000
DATABASE = "company.db"


@dataclass(frozen=True)
class Company:
    """A company that exists."""

    folder: Path
    customers: int
    seed: int
    records: dict[str, int]


def create(
    folder: Path, *, customers: int = 5000, seed: int = 1, start: datetime | None = None
) -> Company:
    """Make the company unless it is there already; another one in its place is an error."""
    start = (start or START).astimezone(UTC)
    wanted = {"customers": str(customers), "seed": str(seed), "start": _iso(start)}
    path = folder / DATABASE
    if path.exists():
        _refuse_another(path, wanted)
        if truth_generation(folder) != _meta(path)["generation"]:
            write_truth(folder)
        return _described(folder)
    folder.mkdir(parents=True, exist_ok=True)
    building = folder / (DATABASE + ".building")
    building.unlink(missing_ok=True)
    rows = _build(building, wanted, start)
    write_estimates(folder, rows)
    write_truth(folder, building)
    building.rename(path)
    return _described(folder)


def now(folder: Path) -> datetime:
    """The sandbox's present, UTC."""
    return datetime.fromisoformat(_meta(folder / DATABASE)["clock"])


def open_world(
    records: Records, seed: tuple[int, ...], founded: int, start: int, now: int
) -> World:
    """Everything one chunk of customers is drawn from; `start` to `now` is the time being told."""
    return World(Dice(*seed), load_mess(), load_vocabulary(), records, founded, start, now)


def add_customers(world: World, count: int) -> list[tuple[str, ...]]:
    """`count` customers with all they did; returns rows for the file of estimates."""
    share, estimates = world.mess.share("organisations.share_of_customers"), []
    firms = sum(world.dice.chance(share) for _ in range(count))
    for accounts in _people(world, count - firms):
        _act(world, accounts)
    for _ in range(firms):
        firm = draw_firm(world)
        _act(world, parties.record_firm(world, firm))
        estimates += estimate(world, firm)
    return estimates


def _people(world: World, count: int) -> Iterator[parties.Accounts]:
    """Private customers; the stated share of them lives with another one."""
    share = world.mess.share("sharing.household_share")
    # A household has 2.3 members on average, so fewer starts make that share of people.
    starts = share / (share + (1 - share) * 2.3)
    left = count
    while left > 0:
        if left > 1 and world.dice.chance(starts):
            members = draw_household(world)[:left]
        else:
            members = [draw_person(world)]
        left -= len(members)
        for person in members:
            yield parties.record_person(world, person)


def _act(world: World, accounts: parties.Accounts) -> None:
    trade.trade(world, accounts)
    for caller in accounts.callers:
        tickets.ask(world, caller)
    for reader in accounts.readers:
        campaigns.read(world, reader)


def _build(path: Path, wanted: dict[str, str], start: datetime) -> list[tuple[str, ...]]:
    """Fill the file at `path`; nothing of it counts before it is renamed."""
    db, estimates = connect(path), []
    db.execute("pragma journal_mode = off")
    db.execute("pragma synchronous = off")
    db.executescript(SCHEMA)
    db.execute("begin")
    records, present = Records(db), int(start.timestamp() * 1000)
    history = timedelta(days=365.25 * load_mess().share("years_of_history"))
    begin, customers, seed = (
        present - int(history.total_seconds() * 1000), int(wanted["customers"]), int(wanted["seed"])
    )  # fmt: skip
    mailboxes: set[int] = set()
    tally: dict[str, list[int]] = {}
    for number, first in enumerate(range(0, customers, CHUNK)):
        world = open_world(records, (seed, number), begin, begin, present)
        world.mailboxes, world.tally = mailboxes, tally
        if number == 0:
            _furnish(world)
        estimates += add_customers(world, min(CHUNK, customers - first))
    records.flush()
    write_tally(db, tally)
    write_meta(db, **wanted, begin=begin, clock=_iso(start), generation=0)
    write_meta(db, counters=json.dumps(records.counters))
    db.execute("commit")
    db.executescript(INDEXES)
    db.close()
    return estimates


def _furnish(world: World) -> None:
    """What is there before any customer."""
    helpdesk.add_agents(world)
    campaigns.add_lists(world)
    campaigns.add_campaigns(world, after=0)


def _refuse_another(path: Path, wanted: dict[str, str]) -> None:
    found = _meta(path)
    other = {name: found[name] for name in wanted if found[name] != wanted[name]}
    if other:
        asked = {name: wanted[name] for name in other}
        raise UsageError(
            f"{path.parent}: a sandbox company with {other} is there, {asked} was asked for",
            hint=f"Remove {path.parent} (and the data landed from it), or ask for the same.",
        )


def _described(folder: Path) -> Company:
    db = connect(folder / DATABASE)
    meta = read_meta(db)
    counts = dict(
        db.execute("select system || '.' || stream, count(*) from record group by system, stream")
    )
    db.close()
    return Company(folder, int(meta["customers"]), int(meta["seed"]), counts)


def _meta(path: Path) -> dict[str, str]:
    db = connect(path)
    try:
        return read_meta(db)
    finally:
        db.close()


def _iso(moment: datetime) -> str:
    return moment.isoformat()
