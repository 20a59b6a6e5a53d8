"""Why a golden cell holds its value: source record, time, rule, purpose, legal basis, what lost.

In: the private warehouse after a run. Out: a `Cell` for each cell of a party that is not empty.
Values chosen by survivorship answer through its lineage and its candidates; the figures that are
counted over all records of a party (`records`, `first_seen`, …) through the record that decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dedupe.survivorship.contests import PINNED
from dedupe.survivorship.golden import Candidate, Candidates, all_candidates
from dedupe.survivorship.pinned import HELD
from stamm.duck import has_table
from stamm.errors import InputError

if TYPE_CHECKING:
    import duckdb

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (UTC, like all)
RULES = {
    "only_value": "the only value there is",
    "completeness": "more of the fields that are taken together are filled",
    "well_written": "better written: mixed case, no initials, no digits",
    "verification": "passes its own check",
    "agreement": "more sources say so",
    "source_priority": "its source comes first in the list of sources",
    "recency": "observed later",
    "first_record": "equal in everything else, the smaller record id",
    "from_company_name": "read from the company name that won",
    "pinned": "pinned by a person",
    "counted": "counted over all records of the party",
    "any_record": "restricted as soon as one of its records is",
    "earliest_record": "the earliest of all records",
    "latest_record": "the latest of all records",
    "every_record": "the same in all records",
    "average_pair": "match probability at the average weight of all pairs of its records",
}


@dataclass(frozen=True)
class _Record:
    record_id: str
    source: str
    created_at: datetime | None
    updated_at: datetime | None
    restricted: bool | None
    purpose: str | None
    legal_basis: str | None
    retention: str | None


def _by_id(_record: _Record) -> object:
    return 0  # records come by id, and of equals the first is taken


# Golden column → the rule, and what it takes for a record to be the one that decides: the least.
_DERIVED: dict[str, tuple[str, Callable[[_Record], Any]]] = {
    "party_type": ("every_record", _by_id),
    "restricted": ("any_record", lambda r: not r.restricted),
    "records": ("counted", _by_id),
    "sources": ("counted", _by_id),
    "first_seen": (
        "earliest_record",
        lambda r: r.created_at or r.updated_at or datetime.max,  # noqa: DTZ901  (UTC, like all)
    ),
    "last_seen": (
        "latest_record",
        lambda r: -((r.updated_at or r.created_at or _EPOCH) - _EPOCH),
    ),
    "cohesion": ("average_pair", _by_id),
}


@dataclass(frozen=True)
class Lost:
    """A value that another one was preferred to."""

    value: Any
    record_id: str
    source: str
    observed_at: datetime | None
    purpose: str | None
    legal_basis: str | None


@dataclass(frozen=True)
class Cell:
    """One golden cell and its whole answer. `agreeing` are further records with the same value."""

    party_id: str
    attribute: str
    value: Any
    rule: str
    record_id: str
    source: str
    observed_at: datetime | None
    purpose: str | None
    legal_basis: str | None
    retention: str | None
    agreeing: tuple[str, ...]
    lost: tuple[Lost, ...]
    by_hand: str = ""

    @property
    def reason(self) -> str:
        """The rule in words; of a pinned value who pinned it, when and why."""
        return self.by_hand or RULES[self.rule]


def why(
    con: duckdb.DuckDBPyConnection,
    party_id: str,
    attribute: str = "",
    candidates: Candidates | None = None,
) -> list[Cell]:
    """All cells of a golden party that are not empty, or one; in the order of the columns.

    `candidates` are those of this party, where they are known already.
    Raises InputError for an id or a column that golden_parties does not have, or an empty cell.
    """
    found = list(answers(con, party_id, candidates))
    if not found:
        raise InputError(
            f"{party_id}: expected a golden party of the last run, found none",
            hint="`stamm resolve` says which id answers for it.",
        )
    if attribute:
        _check_column(con, attribute)
    asked = [cell for cell in found if attribute in ("", cell.attribute)]
    if not asked:
        raise InputError(f"{party_id}: its {attribute} is empty", hint="No record states one.")
    return asked


def answers(
    con: duckdb.DuckDBPyConnection,
    party_id: str | None = None,
    candidates: Candidates | None = None,
) -> Iterator[Cell]:
    """The answer of every cell that is not empty, of one party or of all."""
    only, bound = ("where party_id = ?", [party_id]) if party_id else ("", [])
    golden = con.execute(f"from golden.golden_parties {only} order by party_id", bound)
    columns = [column[0] for column in golden.description or ()]
    rows = [dict(zip(columns, row, strict=True)) for row in golden.fetchall()]
    lineage = _lineage(con, only, bound)
    if candidates is None:
        candidates = all_candidates(con, party_id)
    pinned = _pinned(con, only, bound)
    records = _records(con, only, bound)
    for row in rows:
        party = row.pop("party_id")
        for column, value in row.items():
            if value is None:
                continue
            cell = (party, column)
            if column in _DERIVED:
                yield _derived(cell, value, records[party])
            else:
                found = _chosen(cell, value, lineage[cell], candidates.get(cell, ()))
                # A pin that sleeps says nothing of the value that is there.
                by_hand = pinned.get(cell, "") if found.rule == PINNED else ""
                yield replace(found, by_hand=by_hand)


def _check_column(con: duckdb.DuckDBPyConnection, attribute: str) -> None:
    columns = con.table("golden.golden_parties").columns[1:]
    if attribute not in columns:
        raise InputError(
            f"{attribute}: expected a column of golden_parties, found none of that name",
            hint=f"Columns: {', '.join(columns)}",
        )


def _lineage(
    con: duckdb.DuckDBPyConnection, only: str, bound: list[str]
) -> dict[tuple[str, str], tuple[Any, ...]]:
    rows = con.execute(
        "select l.party_id, l.attribute, l.rule, l.record_id, x.source, l.observed_at, l.purpose,"
        f" l.legal_basis, l.retention from (from golden.golden_lineage {only}) as l"
        " join golden.xref_parties as x using (record_id)",
        bound,
    ).fetchall()
    return {(row[0], row[1]): row[2:] for row in rows}


def _pinned(
    con: duckdb.DuckDBPyConnection, only: str, bound: list[str]
) -> dict[tuple[str, str], str]:
    """Cell → who pinned it, when and why."""
    if not has_table(con, HELD):
        return {}
    rows = con.execute(
        "select party_id, unnest(map_keys(content)), pinned_by, pinned_at, reason from"
        f" (from {HELD} {only}) where holds",
        bound,
    ).fetchall()
    return {
        (party, attribute): f"pinned by {by} at {at:%Y-%m-%d %H:%M} because {reason}"
        for party, attribute, by, at, reason in rows
    }


def _records(
    con: duckdb.DuckDBPyConnection, only: str, bound: list[str]
) -> dict[str, list[_Record]]:
    """Party → its records, by id."""
    rows = con.execute(
        "select x.party_id, i.record_id, i.source, i.created_at, i.updated_at, i.restricted,"
        f" i.purpose, i.legal_basis, i.retention from (from golden.xref_parties {only}) as x"
        " join intermediate.int_parties__match_input as i using (record_id) order by i.record_id",
        bound,
    ).fetchall()
    found: dict[str, list[_Record]] = {}
    for party, *record in rows:
        found.setdefault(party, []).append(_Record(*record))
    return found


def _chosen(
    cell: tuple[str, str], value: Any, lineage: tuple[Any, ...], every: Sequence[Candidate]
) -> Cell:
    rule, record_id, source, observed_at, purpose, legal_basis, retention = lineage
    others = [c for c in every if c.value is not None and (c.place > 1 or rule == PINNED)]
    same = [c.record_id for c in others if c.value == value]
    agreeing = tuple(one for one in same if rule != PINNED or one != record_id)
    lost = tuple(_lost(c) for c in others if c.value != value)
    return Cell(
        *cell, value, rule, record_id, source, observed_at, purpose, legal_basis, retention,
        agreeing, lost,
    )  # fmt: skip


def _derived(cell: tuple[str, str], value: Any, records: list[_Record]) -> Cell:
    """The record that decides is named; the others took part."""
    rule, first = _DERIVED[cell[1]]
    one = min(records, key=first)
    return Cell(
        *cell, value, rule, one.record_id, one.source, one.updated_at or one.created_at,
        one.purpose, one.legal_basis, one.retention,
        agreeing=tuple(r.record_id for r in records if r is not one), lost=(),
    )  # fmt: skip


def _lost(c: Candidate) -> Lost:
    return Lost(c.value, c.record_id, c.source, c.observed_at, c.purpose, c.legal_basis)
