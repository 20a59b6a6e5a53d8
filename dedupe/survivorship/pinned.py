"""Pins + crosswalk → whose each pin is now, and cells that hold what was pinned.

A pin belongs to the party that has the record which said the value; where somebody typed it, or
that record is gone, to the one that has most of the records it was pinned on, then to the one with
the smallest of them. So a split leaves it with the person whom it was about. Of two pins of one
party the newer holds, and the other is listed. `link.pins_held` has all of it; its `record_id` is
the record that said the value, where there is one. `hanging` says what a value is held on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dedupe.judgement.pins import Pin
from dedupe.linking.arriving import arriving
from dedupe.survivorship.contests import PINNED, REASONS
from dedupe.survivorship.hanging import hanging
from dedupe.survivorship.members import NONE, Column, Members
from dedupe.survivorship.rules import GroupRule, Rules
from dedupe.survivorship.tables import NEVER, Cells
from stamm.duck import has_table

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

HELD = "link.pins_held"
_COLUMNS = (
    "(party_id varchar, party_type varchar, field_group varchar, pin bigint, record_id varchar,"
    " holds boolean, content map(varchar, varchar), pinned_by varchar, pinned_at timestamp,"
    " reason varchar)"
)


class Held(NamedTuple):
    """A pin, its party, the record there that said it, and whether it holds or a newer one does."""

    party_id: str
    record_id: str | None
    holds: bool
    pin: Pin


def held(pins: Iterable[Pin], party_of: Mapping[str, tuple[str, str]]) -> list[Held]:
    """`party_of`: record → its party and type. A pin none of whose records is there sleeps."""
    found: list[Held] = []
    taken: set[tuple[str, str]] = set()
    for pin in sorted(pins, key=lambda one: -one.seq):
        here = sorted(r for r in pin.records if party_of.get(r, ("", ""))[1] == pin.party_type)
        if not here:
            continue
        record = next((name for name in reversed(pin.anchor) if name in here), None)
        party = party_of[record or _of_most(here, party_of)][0]
        found.append(Held(party, record, (party, pin.group) not in taken, pin))
        taken.add((party, pin.group))
    return found


def write_held(con: duckdb.DuckDBPyConnection, pins: Sequence[Pin]) -> None:
    """`link.pins_held` anew, by the present crosswalk; temp table `newly_pinned` (party_id) of
    parties for whom it says something else than before."""
    con.execute("create schema if not exists link")
    con.execute(f"create table if not exists {HELD} {_COLUMNS}")
    con.execute(f"create or replace temp table pins_before as from {HELD}")
    con.execute(f"create or replace table {HELD} {_COLUMNS}")
    with arriving(con, _held_rows(held(pins, _party_of(con, pins)))) as rows:
        con.execute(f"insert into {HELD} from {rows}")
    con.execute(
        f"create or replace temp table newly_pinned as select distinct party_id from"
        f" ((from {HELD} except from pins_before) union all (from pins_before except from {HELD}))"
    )


def pins_of(con: duckdb.DuckDBPyConnection, pins: Sequence[Pin], party: str) -> list[Held]:
    """The pins that are this party's by the present crosswalk, newest first."""
    return [one for one in held(pins, _party_of(con, pins)) if one.party_id == party]


def pinned_cells(
    con: duckdb.DuckDBPyConnection,
    members: Members,
    rule: GroupRule,
    rules: Rules,
    cells: Mapping[str, Cells],
) -> dict[str, Cells]:
    """The cells of a group, with what was pinned in place of what won."""
    rows = _holding(con, members, rule)
    if not rows:
        return dict(cells)
    on = hanging(con, members, rule, rules, {one.party: one.anchor for one in rows})
    awake = [(one, on[one.party]) for one in rows if one.party in on]
    return {name: _with_pins(name, cell, awake) for name, cell in cells.items()}


class _Standing(NamedTuple):
    """A pin that holds, by the places of its party and of the record that said it."""

    party: int
    anchor: int | None
    values: Mapping[str, str]
    at: int


def _held_rows(found: Sequence[Held]) -> pa.Table:
    """As `link.pins_held` has them."""
    import pyarrow as pa

    texts, pins = pa.string(), [one.pin for one in found]
    moments = [pin.pinned_at.astimezone(UTC).replace(tzinfo=None) for pin in pins]
    return pa.table({
        "party_id": pa.array([one.party_id for one in found], texts),
        "party_type": pa.array([pin.party_type for pin in pins], texts),
        "field_group": pa.array([pin.group for pin in pins], texts),
        "pin": pa.array([pin.seq for pin in pins], pa.int64()),
        "record_id": pa.array([one.record_id for one in found], texts),
        "holds": pa.array([one.holds for one in found], pa.bool_()),
        "content": pa.array([list(pin.values.items()) for pin in pins], pa.map_(texts, texts)),
        "pinned_by": pa.array([pin.pinned_by for pin in pins], texts),
        "pinned_at": pa.array(moments, pa.timestamp("us")),
        "reason": pa.array([pin.reason for pin in pins], texts),
    })  # fmt: skip


def _of_most(here: list[str], party_of: Mapping[str, tuple[str, str]]) -> str:
    """The smallest record of the party that has most of them."""
    counted = Counter(party_of[record][0] for record in here)
    most = max(counted.values())
    return next(record for record in here if counted[party_of[record][0]] == most)


def _party_of(con: duckdb.DuckDBPyConnection, pins: Sequence[Pin]) -> dict[str, tuple[str, str]]:
    records = sorted({record for one in pins for record in one.records})
    if not records:
        return {}
    found = con.execute(
        "select record_id, party_id, party_type from golden.xref_parties"
        " where record_id in (select unnest(?))",
        [records],
    ).fetchall()
    return {record: (party, party_type) for record, party, party_type in found}


def _holding(con: duckdb.DuckDBPyConnection, members: Members, rule: GroupRule) -> list[_Standing]:
    if not has_table(con, HELD):  # dedupe of single files has none
        return []
    rows = con.execute(
        f"select party_id, record_id, content, epoch_us(pinned_at) from {HELD}"
        " where holds and field_group = ? order by pin", [rule.group],
    ).fetchall()  # fmt: skip
    if not rows:
        return []
    parties, records, contents, moments = zip(*rows, strict=True)
    places = zip(
        _places(parties, members.party_ids), _places(records, members.record_ids),
        map(dict, contents), moments, strict=True,
    )  # fmt: skip
    return [_Standing(party, *told) for party, *told in places if party is not None]


def _places(names: Sequence[str | None], among: pa.Array) -> list[int | None]:
    import pyarrow as pa
    import pyarrow.compute as pc

    found: list[int | None] = pc.index_in(pa.array(names, among.type), value_set=among).to_pylist()
    return found


def _with_pins(attribute: str, cell: Cells, awake: Sequence[tuple[_Standing, int]]) -> Cells:
    """With these pins, each on its record."""
    import pyarrow as pa

    pinned_at = np.full(len(cell.records), NEVER, np.int64)
    codes, records, reasons = (a.copy() for a in (cell.values.codes, cell.records, cell.reasons))
    added: list[object] = []
    for (party, _, values, at), record in awake:
        text = values.get(attribute)
        codes[party] = NONE if text is None else len(cell.values.texts) + len(added)
        records[party] = NONE if text is None else record
        reasons[party], pinned_at[party] = REASONS.index(PINNED), at
        if text is not None:
            added.append(date.fromisoformat(text) if attribute == "birth_date" else text)
    kind = cell.values.texts.type
    texts = pa.concat_arrays([cell.values.texts, pa.array(added, kind)])
    return Cells(cell.group, Column(codes.astype(np.int32), texts), records, reasons, pinned_at)
