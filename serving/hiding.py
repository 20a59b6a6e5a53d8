"""What is suppressed is left out of tables: SQL over any build, or over the marts on their way out.

`prepare` attaches a database in memory, `hidden`, with who and what is hidden; `shown_sql` gives
the rows and cells of a table that may be seen. Rows about a hidden party or its records go, ids
that only point to one are emptied, and so are hidden addresses, wherever a column holds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from serving.suppressed import Suppressed

if TYPE_CHECKING:
    import duckdb

# A row with one of these is about the party, and goes; any other id of a party only points to it.
_ABOUT = ("party_id", "person_party_id")
# A table of versions; what says which version it is stays when the others are emptied.
_VERSION = {"party_id", "valid_from", "valid_to"}
_FRAME = {*_VERSION, "customer_version_id", "current_party_id", "is_current", "ended_by"}
_ADDRESSES = {"email": ("permission_email",), "phone": ("permission_sms", "permission_phone")}


def prepare(con: duckdb.DuckDBPyConnection, hidden: Suppressed, origins: Mapping[str, str]) -> None:
    """Make ready for `shown_sql`; `origins` says where each published table is: name → SQL."""
    con.execute("attach ':memory:' as hidden")
    _write(con, "parties", "party_id", sorted(hidden.parties))
    _write(con, "addresses", "address", sorted(hidden.addresses))
    _write_derived(con, hidden, origins)
    _write_mixed(con, hidden, origins)


def shown_sql(origin: str, columns: list[str]) -> str:
    """The part of a table that may be seen, as a query."""
    if set(columns) >= _VERSION:
        origin = f"({_emptied_versions_sql(origin, columns)})"
    replaced = [*_emptied_ids(columns), *_emptied_addresses(columns)]
    replacing = f" replace ({', '.join(replaced)})" if replaced else ""
    kept = " and ".join(_kept(columns)) or "true"
    return f"select *{replacing} from {origin} where {kept}"


def _write(con: duckdb.DuckDBPyConnection, table: str, column: str, values: list[str]) -> None:
    con.execute(f"create table hidden.{table} as select unnest(?::varchar[]) as {column}", [values])


def _write_derived(
    con: duckdb.DuckDBPyConnection, hidden: Suppressed, origins: Mapping[str, str]
) -> None:
    """Records of suppressed parties, and the addresses those records spoke for."""
    records = (
        f"select record_id from {origins['xref_parties']} where party_id in (from hidden.parties)"
        if "xref_parties" in origins
        else "select null::varchar as record_id limit 0"
    )
    con.execute(f"create table hidden.records as {records}")
    spoken = "select null::varchar as address limit 0"
    if "fct_consent_events" in origins:
        said = f"from {origins['fct_consent_events']}"
        spoken = f"select distinct address {said} where record_id in (from hidden.records)"
        if "xref_parties" in origins and hidden.parties:
            golden = _golden_addresses_sql(con, origins)
            spoken += f" union ({_orphaned_sql(said, origins['xref_parties'], golden)})"
            spoken += f" union ({_spelled_as_sql(said, golden, 'in')})"
    con.execute(f"create table hidden.statements as {spoken}")


def _write_mixed(
    con: duckdb.DuckDBPyConnection, hidden: Suppressed, origins: Mapping[str, str]
) -> None:
    """Closed versions of somebody else that began while they held a record of the hidden."""
    con.execute("create table hidden.versions (party_id varchar, valid_from timestamp)")
    origin = origins.get("dim_customer")
    if (
        not hidden.mixed
        or origin is None
        or not set(con.sql(f"from {origin} limit 0").columns) >= _VERSION
    ):
        return
    con.execute(
        "insert into hidden.versions select distinct v.party_id, v.valid_from "
        "from (select unnest(?::varchar[]) as party_id, unnest(?::timestamp[]) as since, "
        f"unnest(?::timestamp[]) as until) as stay join {origin} as v using (party_id) "
        "where v.valid_to is not null and v.valid_from >= since and v.valid_from < until",
        [
            [stay.party_id for stay in hidden.mixed],
            [_utc(stay.since) for stay in hidden.mixed],
            [_utc(stay.until) for stay in hidden.mixed],
        ],
    )


def _utc(moment: datetime) -> datetime:
    """As the marts hold moments."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _orphaned_sql(said: str, crosswalk: str, golden: str) -> str:
    """Addresses that only records spoke for which are nobody's now, such as a deleted contact.

    The record may have been a hidden party's, which no table of a build tells any more; and so
    may a statement without a record, as one over the API, where the address is nobody's who is
    shown.
    """
    living = f"select record_id from {crosswalk}"
    return (
        f"select address {said} where record_id is null or record_id not in ({living}) except "
        f"(select address {said} where record_id in ({living} where party_id not in "
        f"(from hidden.parties)) union {_spelled_as_sql(said, golden, 'not in')})"
    )


def _spelled_as_sql(said: str, golden: str, among: str) -> str:
    """Addresses as statements spell them that are golden ones of the hidden, or of the others."""
    return (
        f"select address {said} where ({canonical_sql('address')}) in "
        f"(select canonical from ({golden}) where party_id {among} (from hidden.parties))"
    )


def _golden_addresses_sql(con: duckdb.DuckDBPyConnection, origins: Mapping[str, str]) -> str:
    """Party id and address in its one spelling."""
    origin = origins.get("golden_parties")
    held = con.sql(f"from {origin} limit 0").columns if origin else []
    told = [
        f"select party_id, {canonical_sql(column)} as canonical from {origin}"
        for column in _ADDRESSES
        if column in held
    ]
    none = "select null::varchar as party_id, null::varchar as canonical limit 0"
    return " union all ".join(told) or none


def _kept(columns: list[str]) -> Iterator[str]:
    """Conditions on rows; null is nobody's id."""
    for column in columns:
        if column in _ABOUT:
            yield f"coalesce({column} not in (from hidden.parties), true)"
        if column == "record_id":
            yield "coalesce(record_id not in (from hidden.records), true)"
        if column == "address":
            yield "coalesce(address not in (from hidden.statements), true)"
        if column == "canonical":
            yield "coalesce(canonical not in (from hidden.addresses), true)"


def _emptied_versions_sql(origin: str, columns: list[str]) -> str:
    mixed = "(party_id, valid_from) in (select (party_id, valid_from) from hidden.versions)"
    emptied = [f'case when not {mixed} then "{c}" end as "{c}"' for c in columns if c not in _FRAME]
    return f"select * replace ({', '.join(emptied)}) from {origin}" if emptied else f"from {origin}"


def _emptied_ids(columns: list[str]) -> Iterator[str]:
    for column in columns:
        points = column.endswith("_party_id") or column == "resolves_to"
        if points and column not in _ABOUT:
            free = f"{column} not in (from hidden.parties)"
            yield f"case when {free} then {column} end as {column}"


def _emptied_addresses(columns: list[str]) -> Iterator[str]:
    """The cell itself, the permission to use it, and the JSON text that repeats the cells."""
    held = [column for column in (*_ADDRESSES, "address") if column in columns]
    for column in held:
        yield f"case when not {_is_suppressed(column)} then {column} end as {column}"
    for column in held:
        for permission in _ADDRESSES.get(column, ()):
            if permission in columns:
                yield f"{permission} and not {_is_suppressed(column)} as {permission}"
    if "attributes" in columns and held:
        patch = "json_object(" + ", ".join(f"'{column}', null" for column in held) + ")"
        either = " or ".join(map(_is_suppressed, held))
        yield (
            f"case when {either} then json_merge_patch(attributes, {patch})::varchar "
            "else attributes end as attributes"
        )


def _is_suppressed(column: str) -> str:
    return f"coalesce(({canonical_sql(column)}) in (from hidden.addresses), false)"


def canonical_sql(column: str) -> str:
    """An address in its one spelling, as `privacy.suppressions.canonical_address` makes it."""
    return (
        f"case when contains({column}, '@') then lower(trim({column})) "
        f"else regexp_replace({column}, '[^0-9+]', '', 'g') end"
    )
