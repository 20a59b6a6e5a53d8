"""What columns say about each other: a town goes with its postcode, a house number with its street.

Flow: roles read one by one → the same roles, some corrected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dedupe.discovery.profile import Profile, text_sql
from dedupe.discovery.roles import Role, says_house

if TYPE_CHECKING:
    import duckdb

    from dedupe.discovery.infer import ColumnRole

DETERMINED = 0.75  # of the rows hold their postcode's most usual town, slips and all
WEAK = 0.5
SURE = 0.6


def related(
    con: duckdb.DuckDBPyConnection,
    table: str,
    roles: Sequence[ColumnRole],
    profiles: Sequence[Profile],
) -> list[ColumnRole]:
    """Correct what was only weakly believed."""
    found = _with_numbers(list(roles), profiles)
    return _with_split_birth_date(_with_town(con, table, found, profiles))


def _with_numbers(roles: list[ColumnRole], profiles: Sequence[Profile]) -> list[ColumnRole]:
    """A column called `Nr`, or by nothing, holds house numbers only beside a street.

    Elsewhere it numbers rows or customers; so does one that counts the rows, wherever it stands.
    """
    for place, (role, profile) in enumerate(zip(roles, profiles, strict=True)):
        if role.role != "house_number" or says_house(role.column):
            continue
        beside = roles[max(place - 1, 0) : place + 2]
        if profile.counts or not any(one.role == "street" for one in beside):
            unique = profile.distinct == profile.filled
            what: Role = "ignore" if profile.counts or unique else "identifier"
            reason = "it counts the rows" if profile.counts else "no street stands beside it"
            roles[place] = replace(role, role=what, confidence=SURE, reason=reason)
    return roles


def _with_town(
    con: duckdb.DuckDBPyConnection,
    table: str,
    roles: list[ColumnRole],
    profiles: Sequence[Profile],
) -> list[ColumnRole]:
    """An unclear column of words that its postcode determines is the town."""
    codes = [role for role in roles if role.role == "postcode"]
    if not codes or any(role.role == "city" for role in roles):
        return roles
    for place, (role, profile) in enumerate(zip(roles, profiles, strict=True)):
        unclear = role.role in {"text", "category"} or (
            role.role in {"family_name", "given_name"} and role.confidence < WEAK
        )
        words = profile.share(lambda value: not any(c.isdigit() for c in value)) > 0.8
        if unclear and words and profile.distinct > 5:
            share = _determined(con, table, codes[0].column, role.column)
            if share >= DETERMINED:
                reason = f"{share:.0%} of its values follow from {codes[0].column}"
                roles[place] = replace(role, role="city", confidence=0.7, reason=reason)
                break
    return roles


def _determined(con: duckdb.DuckDBPyConnection, table: str, by: str, column: str) -> float:
    """Among rows whose `by` occurs more than once, those that hold its most usual value."""
    pair = f"select {text_sql(by)} as k, lower({text_sql(column)}) as v from {table}"
    row = con.execute(
        f"select sum(top) / sum(n) from (select k, max(n) as top, sum(n) as n from"
        f" (select k, v, count(*) as n from ({pair}) where k is not null and v is not null"
        " group by k, v) group by k having sum(n) > 1)"
    ).fetchall()[0][0]
    return float(row or 0.0)


def _with_split_birth_date(roles: list[ColumnRole]) -> list[ColumnRole]:
    """Day and month are parts of a birth date only beside a year."""
    if any(role.role == "birth_year" for role in roles):
        return roles
    parts = {"birth_day", "birth_month"}
    return [_lonely_part(role) if role.role in parts else role for role in roles]


def _lonely_part(role: ColumnRole) -> ColumnRole:
    reason = f"{role.reason}, but no year stands beside it"
    return replace(role, role="text", confidence=0.4, reason=reason)
