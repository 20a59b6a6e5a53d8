"""What a table holds: the role of each column, people or firms, and what is in doubt.

Flow: a DuckDB table with any columns → `Discovery`, which `match_input` and `build` read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dedupe.discovery.dates import is_ambiguous, month_first
from dedupe.discovery.infer import SURE, ColumnRole, infer_roles
from dedupe.discovery.parties import count_parties
from dedupe.discovery.profile import Profile, text_sql
from dedupe.discovery.roles import Role
from stamm.errors import InputError

if TYPE_CHECKING:
    import duckdb

# Roles of which a record has one value, as the match input has one column for them.
ONE_VALUE: tuple[Role, ...] = (
    "title", "given_name", "family_name", "full_name", "company", "street", "house_number",
    "postcode", "city", "country", "vat_id", "website", "birth_year", "birth_month", "birth_day",
)  # fmt: skip
NAMES: frozenset[Role] = frozenset(["given_name", "family_name", "full_name", "company"])


@dataclass(frozen=True)
class Discovery:
    """Roles of all columns in the table's order; `unsure` holds plain sentences."""

    columns: tuple[ColumnRole, ...]
    unsure: tuple[str, ...]
    party_types: tuple[str, ...]
    records: int
    month_first: frozenset[str]  # columns whose dates begin with the month
    # Columns of one role of which no row fills two, such as those of files with other headers.
    parallel: tuple[frozenset[str], ...] = ()

    def of(self, *roles: Role) -> list[str]:
        """Columns of these roles, the surest and fullest first."""
        chosen = [one for one in self.columns if one.role in roles]
        chosen.sort(key=lambda one: (-round(one.confidence, 1), -one.filled_share))
        return [one.column for one in chosen]

    def first(self, *roles: Role) -> str | None:
        """The surest and fullest column of these roles."""
        return next(iter(self.of(*roles)), None)

    def as_one(self, role: Role) -> list[str]:
        """The columns of a role that are one attribute: the first, and those parallel to it."""
        columns = self.of(role)
        group = next((one for one in self.parallel if columns and columns[0] in one), frozenset())
        return [column for column in columns if column in group] or columns[:1]

    def role_of(self, column: str) -> ColumnRole:
        """By name."""
        return next(one for one in self.columns if one.column == column)


def discover(
    con: duckdb.DuckDBPyConnection,
    table: str,
    *,
    id_column: str | None = None,
    truth_column: str | None = None,
    mapped: Mapping[str, Role] | None = None,
) -> Discovery:
    """Infer the role of each column of a table. The truth column is not looked into.

    `mapped` is column → role, stated by the user. Raises InputError if it names what is not there.
    """
    described = con.execute(f"describe {table}").fetchall()
    present = [str(row[0]) for row in described]
    for stated in (id_column, truth_column):
        if stated is not None and stated not in present:
            raise InputError(
                f"expected a column {stated!r}, found none of that name",
                hint=f"Columns: {', '.join(present)}.",
            )
    readable = [c for c in present if c not in {id_column, truth_column}]
    roles, profiles = infer_roles(con, table, readable, dict(mapped or {}))
    records = int(con.execute(f"select count(*) from {table}").fetchall()[0][0])
    known = {role.column: role for role in roles}
    columns = tuple(
        known.get(c)
        or ColumnRole(c, _given_role(c, truth_column), 1.0, "stated by the user", 1.0, 1.0)
        for c in present
    )
    by_month = frozenset(
        p.column for p in profiles if known[p.column].role == "birth_date" and month_first(p.values)
    )
    first = Discovery(columns, (), (), records, by_month)
    parallel = parallel_columns(con, table, first)
    first = replace(first, parallel=parallel)
    parties = count_parties(con, table, first)
    unsure = (*_doubts(columns), *_doubts_of_dates(first, profiles), *parties.unsure)
    return replace(first, unsure=unsure, party_types=parties.types)


def parallel_columns(
    con: duckdb.DuckDBPyConnection, table: str, found: Discovery
) -> tuple[frozenset[str], ...]:
    """Per role with several columns: the first one and those that are never filled beside it."""
    groups = []
    for role in ONE_VALUE:
        first, *others = found.of(role) or [""]
        group = [first]
        for column in others:
            together = " or ".join(f"{text_sql(one)} is not null" for one in group)
            both = con.execute(
                f"select 1 from {table} where {text_sql(column)} is not null and ({together})"
                " limit 1"
            ).fetchall()
            if not both:
                group.append(column)
        if len(group) > 1:
            groups.append(frozenset(group))
    return tuple(groups)


def _given_role(column: str, truth_column: str | None) -> Role:
    return "truth" if column == truth_column else "record_id"


def _doubts(columns: tuple[ColumnRole, ...]) -> list[str]:
    doubts = [
        f"{one.column} is taken for {one.role.replace('_', ' ')}: {one.reason}."
        f" If that is wrong, state it: --map ROLE={one.column}"
        for one in columns
        if one.confidence < SURE and one.role not in {"text", "category"}
    ]
    used = [one for one in columns if one.role not in {"ignore", "record_id", "truth"}]
    if not used:
        doubts.append("no column tells one record from another, so nothing is linked")
    elif not any(one.role in NAMES for one in used):
        doubts.append("no column with a name was found; records are linked by what else they hold")
    return doubts


def _doubts_of_dates(found: Discovery, profiles: list[Profile]) -> list[str]:
    doubts = []
    by_column = {one.column: one for one in profiles}
    for column in found.of("birth_date"):
        values = by_column[column].values
        if is_ambiguous(values):
            doubts.append(
                f"{column}: no value shows whether day or month comes first; the day is taken"
            )
    return doubts
