"""Time passes in the sandbox company: what is new, what changes, what goes.

Flow: `advance(folder, days)` → one transaction on `company.db`, then `truth.parquet`. All of it
is a function of seed and generation. What happened is counted in an `AdvanceSummary`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from sandbox import activity, campaigns, changes
from sandbox.company import DATABASE, add_customers, open_world
from sandbox.estimates import add_estimates
from sandbox.fulfilment import fulfil
from sandbox.records import Records, connect, read_meta, write_meta, write_tally
from sandbox.truth import write_truth
from sandbox.world import World, stable_hash

DAYS_OF_HISTORY = 1461
ADVANCE_SEED = 1_000_000  # keeps the draws of an advance apart from those of the first chunks
# A vendor's release adds a field: one more stream with every advance, then no more.
SCHEMA_CHANGES = (
    ("shopware", "customers", "accountType", "private"),
    ("zendesk", "users", "iana_time_zone", "Europe/Berlin"),
    ("brevo", "contacts", "whatsappBlacklisted", False),
    ("s4", "business_partners", "TradingPartner", ""),
)


@dataclass(frozen=True)
class AdvanceSummary:
    """How many of each happened."""

    days: int
    clock: str
    new_customers: int
    new_records: int
    child_edits: int
    moves: int
    withdrawals: int
    deletes: int
    deliveries: int
    new_orders: int
    new_tickets: int
    new_events: int
    new_fields: str


def advance(folder: Path, days: int = 30) -> AdvanceSummary:
    """Let `days` pass. A killed advance leaves the company as it was."""
    db = connect(folder / DATABASE)
    with _transaction(db):
        meta = read_meta(db)
        generation = int(meta["generation"]) + 1
        clock = datetime.fromisoformat(meta["clock"]) + timedelta(days=days)
        world = _reopened(db, meta, generation, clock)
        summary = _live_through(folder, world, int(meta["customers"]), days, clock)
        write_tally(db, world.tally)
        write_meta(db, clock=clock.isoformat(), generation=generation)
        write_meta(db, counters=json.dumps(world.records.counters))
    db.close()
    write_truth(folder)
    return summary


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("begin immediate")
    try:
        yield
    except BaseException:
        db.execute("rollback")
        raise
    db.execute("commit")


def _reopened(
    db: sqlite3.Connection, meta: dict[str, str], generation: int, clock: datetime
) -> World:
    """The company's world, told on from its clock."""
    records = Records(db, json.loads(meta["counters"]))
    for system, stream, name, value in SCHEMA_CHANGES[:generation]:
        records.new_fields[system, stream] = {name: value}
    before = int(datetime.fromisoformat(meta["clock"]).timestamp() * 1000)
    seed = (int(meta["seed"]), ADVANCE_SEED + generation)
    world = open_world(
        records, seed, int(meta["begin"]), before + 1000, int(clock.timestamp() * 1000)
    )
    world.mailboxes = _owned_mailboxes(db)
    return world


def _live_through(
    folder: Path, world: World, customers: int, days: int, clock: datetime
) -> AdvanceSummary:
    """Existing customers first, then the new ones; the order fixes the draws."""
    share = days / DAYS_OF_HISTORY
    campaigns.add_campaigns(world, after=world.start)
    moves = changes.move(world, days)
    edits = changes.edit_children(world, days)
    withdrawals = changes.withdraw(world, days)
    deletes = changes.delete(world, days)
    activity.carry_on(world, share)
    newcomers = max(1, round(customers * share))
    add_estimates(folder, add_customers(world, newcomers))
    world.records.flush()
    deliveries = fulfil(world)
    world.records.flush()
    written = world.records.written
    return AdvanceSummary(
        days=days,
        clock=clock.isoformat(),
        new_customers=newcomers,
        new_records=sum(written.values()),
        child_edits=edits,
        moves=moves,
        withdrawals=withdrawals,
        deletes=deletes,
        deliveries=deliveries,
        new_orders=written.get(("s4", "sales_orders"), 0) + written.get(("shopware", "orders"), 0),
        new_tickets=written.get(("zendesk", "tickets"), 0),
        new_events=written.get(("brevo", "events"), 0),
        new_fields=", ".join(
            f"{system}.{stream}.{name}"
            for (system, stream), fields in world.records.new_fields.items()
            for name in fields
        ),
    )


MAILBOXES = (
    ("brevo", "contacts", "email"),
    ("zendesk", "users", "email"),
    ("shopware", "customers", "email"),
    ("s4", "emails", "EmailAddress"),
)


def _owned_mailboxes(db: sqlite3.Connection) -> set[int]:
    """What `World.claim_mailbox` has to refuse: addresses, by tool too, and firms' domains."""
    owned: set[int] = set()
    for system, stream, field in MAILBOXES:
        where = (system, stream)
        for (body,) in db.execute("select body from record where (system, stream) = (?, ?)", where):
            address = str(orjson.loads(body)[field] or "").lower()
            domain = "@" + address.partition("@")[2]
            owned.update(map(stable_hash, (address, domain, f"{system}:{address}")))
    return owned
