"""Columns of a table → their roles.

Flow: name (`roles`) and content (`content`) are weighed against each other; what the values
contradict is dropped, whatever the column is called. `mapped` decides without asking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dedupe.discovery.content import Belief, beliefs, plausible
from dedupe.discovery.profile import Profile, profile
from dedupe.discovery.relations import related
from dedupe.discovery.roles import ROLES, Role, by_name
from stamm.errors import InputError, UsageError

if TYPE_CHECKING:
    import duckdb

SURE = 0.6  # below it the user is told
# Roles that are stated by an option of their own: neither is looked into for what it holds.
_OPTIONS: dict[str, str] = {"truth": "--truth", "record_id": "--id"}


@dataclass(frozen=True)
class ColumnRole:
    """What a column is taken for; confidence from 0 to 1, shares from 0 to 1."""

    column: str
    role: Role
    confidence: float
    reason: str
    filled_share: float
    distinct_share: float


def infer_roles(
    con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], mapped: Mapping[str, Role]
) -> tuple[list[ColumnRole], list[Profile]]:
    """One role per column, and the profiles they were read from."""
    check_mapped(columns, mapped)
    profiles = [profile(con, table, column) for column in columns]
    roles = [
        _stated(one, mapped[one.column]) if one.column in mapped else infer_role(one)
        for one in profiles
    ]
    found = [
        role if role.column in mapped else better
        for role, better in zip(roles, related(con, table, roles, profiles), strict=True)
    ]
    return found, profiles


def check_mapped(columns: Sequence[str], mapped: Mapping[str, Role]) -> None:
    """Raise InputError if a column or role is not there, UsageError for the job of an option."""
    for column, role in mapped.items():
        if column not in columns:
            raise InputError(
                f"--map {role}={column}: expected one of the table's columns, found {column!r}",
                hint=f"Columns: {', '.join(columns)}.",
            )
        if role in _OPTIONS:
            raise UsageError(
                f"--map {role}={column}: expected what the column holds, found an option's job",
                hint=f"Say {_OPTIONS[role]} {column} instead.",
            )
        if role not in ROLES:
            raise InputError(
                f"--map {role}={column}: expected a known role, found {role!r}",
                hint=f"Roles: {', '.join(sorted(ROLES - _OPTIONS.keys()))}.",
            )


def _stated(profile: Profile, role: Role) -> ColumnRole:
    return _role(profile, role, 1.0, "stated by the user")


def infer_role(profile: Profile) -> ColumnRole:
    """Name and content of one column, without looking at the others."""
    believed = beliefs(profile)
    if believed[0].role == "ignore" and believed[0].belief >= 0.95:
        return _role(profile, "ignore", believed[0].belief, believed[0].reason)
    named = by_name(profile.column)
    if named is None:
        return _role(profile, believed[0].role, believed[0].belief, believed[0].reason)
    role, belief = named
    if role == "ignore":
        return _ignored(profile, belief)
    return _weighed(profile, role, belief, believed)


def _weighed(profile: Profile, role: Role, belief: float, believed: list[Belief]) -> ColumnRole:
    """The role that the name speaks of, against those that the values speak of."""
    fits = plausible(role, profile)
    said = f"it is called {profile.column}"
    agreeing = next((one for one in believed if one.role == role), None)
    best = believed[0]
    if agreeing:
        both = 1 - (1 - belief) * (1 - agreeing.belief)
        return _role(profile, role, both, f"{said} and {agreeing.reason}")
    if best.belief > belief * fits:
        doubt = f"{best.reason}, though {said}"
        return _role(profile, best.role, best.belief * (1 - belief * fits / 2), doubt)
    if fits < 0.2:
        return _role(profile, "text", 0.3, f"{said}, but its values do not look like it")
    return _role(profile, role, belief * fits, said)


def _ignored(profile: Profile, belief: float) -> ColumnRole:
    """A column called like a number or a time of the record; values that repeat raise doubt."""
    told = next((one for one in beliefs(profile) if one.role in {"email", "vat_id"}), None)
    if told:
        return _role(profile, told.role, told.belief * 0.8, told.reason)
    return _role(profile, "ignore", belief, f"it is called {profile.column}")


def _role(profile: Profile, role: Role, confidence: float, reason: str) -> ColumnRole:
    return ColumnRole(
        profile.column, role, round(min(confidence, 1.0), 3), reason,
        round(profile.filled_share, 4), round(profile.distinct_share, 4),
    )  # fmt: skip
