"""Crosswalk + match input → `golden.golden_parties` and `golden.golden_lineage`.

Runs in the warehouse, after `golden.xref_parties` is written. `losers` answers on demand which
values lost, with the record, time, purpose and legal basis of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dedupe.linking.arriving import arriving
from dedupe.survivorship.candidates import ranked_sql
from dedupe.survivorship.contests import choose
from dedupe.survivorship.legal_forms import legal_form
from dedupe.survivorship.members import Members, read_members
from dedupe.survivorship.pinned import pinned_cells
from dedupe.survivorship.prepare import prepare, write_members
from dedupe.survivorship.rules import GroupRule, PartyType, Rules, load_rules
from dedupe.survivorship.tables import (
    LINEAGE_COLUMNS,
    PARTIES_COLUMNS,
    Cells,
    cells_of,
    golden_rows,
    legal_forms,
    lineage_rows,
)
from stamm.errors import UsageError
from stamm.rows import renew_rows

if TYPE_CHECKING:
    import duckdb

TYPES: tuple[PartyType, ...] = ("person", "organisation")
_TABLES = {"parties": PARTIES_COLUMNS, "lineage": LINEAGE_COLUMNS}


@dataclass(frozen=True)
class Candidate:
    """A value that could be golden. `place` 1 is the winner; `value` is the attribute's own."""

    place: int
    value: Any
    record_id: str
    source: str
    rule: str
    observed_at: datetime
    purpose: str | None
    legal_basis: str | None


# (party, attribute) → all values, the winner first.
Candidates = Mapping[tuple[str, str], Sequence[Candidate]]


def write_golden_parties(
    con: duckdb.DuckDBPyConnection, rules: Rules | None = None, *, only: str = ""
) -> None:
    """Choose every value and write both tables; cohesion comes from `party_cohesion`.

    `only` names a table of the party ids to choose for; rows of the others stay.
    """
    place = "chosen" if only else "golden.golden"
    for table, columns in _TABLES.items():
        kind = "temp table" if only else "table"
        con.execute(f"create or replace {kind} {place}_{table} ({columns})")
    _choose_into(con, place, rules or load_rules(), only)
    for table in _TABLES if only else ():
        renew_rows(
            con, f"golden.golden_{table}",
            where=f"party_id in (from {only})", rows=f"from chosen_{table}",
        )  # fmt: skip


def _choose_into(con: duckdb.DuckDBPyConnection, place: str, rules: Rules, only: str) -> None:
    """Fill tables `<place>_parties` and `<place>_lineage`."""
    concerned = prepare(con, only=only)
    cohesion = con.execute("from party_cohesion").to_arrow_table()
    for party_type in TYPES:
        members = read_members(con, party_type, rules, concerned)
        cells = _cells(con, members, party_type, rules)
        with arriving(con, golden_rows(members, cells, cohesion)) as rows:
            con.execute(
                f"insert into {place}_parties by name"
                f" select *, '{party_type}' as party_type from {rows}"
            )
        with arriving(con, lineage_rows(members, cells)) as rows:
            con.execute(f"insert into {place}_lineage from {rows}")
    if only:
        con.execute(f"drop table {concerned.rows}")


def _cells(
    con: duckdb.DuckDBPyConnection, members: Members, party_type: PartyType, rules: Rules
) -> dict[str, Cells]:
    """What each attribute of each party came to."""
    cells: dict[str, Cells] = {}
    for rule in rules.of(party_type):
        chosen = cells_of(members, rule.group, choose(con, members, rule, rules))
        cells |= pinned_cells(con, members, rule, rules, chosen)
    if party_type == "organisation" and "company_name" in cells:
        cells["legal_form"] = legal_forms(con, cells["company_name"])
    return cells


def losers(
    con: duckdb.DuckDBPyConnection, party_id: str, attribute: str, rules: Rules | None = None
) -> list[Candidate]:
    """The values of `attribute` that did not win for this party, best first."""
    return [c for c in candidates(con, party_id, attribute, rules) if c.place > 1]


def candidates(
    con: duckdb.DuckDBPyConnection, party_id: str, attribute: str, rules: Rules | None = None
) -> Sequence[Candidate]:
    """All values of `attribute` for this party, the winner first."""
    _check_attribute(con, party_id, attribute, rules or load_rules())
    return all_candidates(con, party_id, rules).get((party_id, attribute), [])


def all_candidates(
    con: duckdb.DuckDBPyConnection, party_id: str | None = None, rules: Rules | None = None
) -> Candidates:
    """Of one party, or of all; nothing of a party that the run does not have."""
    chosen = rules or load_rules()
    concerned = prepare(con, party_id)
    write_members(con, chosen, concerned)
    found: dict[tuple[str, str], list[Candidate]] = {}
    types = con.execute(
        f"select distinct party_type from {concerned.parties} order by 1 desc"
    ).fetchall()
    for (party_type,) in types:
        for rule in chosen.of(party_type):
            for party, attribute, candidate in _ranked(con, party_type, rule, chosen, party_id):
                found.setdefault((party, attribute), []).append(candidate)
    return found


def _ranked(
    con: duckdb.DuckDBPyConnection,
    party_type: PartyType,
    rule: GroupRule,
    rules: Rules,
    party_id: str | None,
) -> Iterator[tuple[str, str, Candidate]]:
    """The candidates of a group, best first; a name of a firm also stands for its legal form."""
    columns = ", ".join(f'"{attribute}"' for attribute in rule.attributes)
    one_party = {"party_id": party_id} if party_id else {}
    rows = con.execute(
        f"select party_id, place, record_id, source, rule, observed_at, purpose, legal_basis,"
        f" {columns} from ({ranked_sql(party_type, rule, one_party=bool(party_id))})"
        " order by party_id, place",
        {**one_party, "left_out": list(rules.not_from_purposes)},
    ).fetchall()
    for party, place, *told in rows:
        for attribute, value in zip(rule.attributes, told[6:], strict=True):
            yield party, attribute, Candidate(place, value, *told[:6])
            if (party_type, attribute) == ("organisation", "company_name"):
                yield party, "legal_form", Candidate(place, legal_form(value), *told[:6])


def _check_attribute(
    con: duckdb.DuckDBPyConnection, party_id: str, attribute: str, rules: Rules
) -> None:
    found = con.execute(
        "select party_type from golden.xref_parties where party_id = ?", [party_id]
    ).fetchone()
    if found and attribute in _attributes(found[0], rules):
        return
    raise UsageError(
        f"expected a golden party and one of its attributes, found {party_id} {attribute}",
        hint="Attributes are the columns of golden_parties; ids are in xref_parties.",
    )


def _attributes(party_type: PartyType, rules: Rules) -> set[str]:
    named = {attribute for rule in rules.of(party_type) for attribute in rule.attributes}
    return named | ({"legal_form"} if party_type == "organisation" else set())
