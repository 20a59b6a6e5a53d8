"""What no record holds any more is forgotten: values of whoever left, or was corrected.

`link.std_<kind>` keeps each value that was ever parsed, so that none is parsed twice, and
`link.<party_type>_frequency_<column>` how common each is. A value that its source erased must not
stay for that. Flow: match input and standardised records of now → both without what they do not
hold. No result hangs on it: what comes back is parsed again, and is as common as the model says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from dedupe.linking.blocking import LISTS
from dedupe.specification import PartyType
from dedupe.standardise import kinds
from dedupe.standardise.records import MATCH_INPUT
from dedupe.standardise.values import Kind

if TYPE_CHECKING:
    import duckdb

_FULL_PARTS = ("given_part", "family_part", "single")


def _held(*columns: str) -> str:
    return " union all ".join(f"select {column} as raw from {{rows}}" for column in columns)


_EMAILS = _held("unnest(emails)")
# Names stand in fields of their own, in whole names, and in mailboxes; see `records`.
_NAMES = " union all ".join([
    _held("given_name", "family_name"),
    *(f"select {part} from {kinds.FULL.table}" for part in _FULL_PARTS),
    f"select unnest(string_split(array_to_string(readings, '|'), '|'))"
    f" from {kinds.READINGS.table}",
])  # fmt: skip
# In this order: names and labels are read from values that are kept.
_SOURCES: tuple[tuple[Kind, str], ...] = (
    (kinds.FULL, _held("full_name")),
    (kinds.EMAIL, _EMAILS),
    (kinds.READINGS, _EMAILS),
    (kinds.GIVEN, _NAMES),
    (kinds.FAMILY, _NAMES),
    (kinds.TITLE, f"{_NAMES} union all {_held('title')}"),
    (kinds.PHONE, _held("unnest(phones)")),
    (kinds.STREET, _held("street")),
    (kinds.HOUSE_NUMBER, _held("house_number")),
    (kinds.POSTCODE, _held("postcode")),
    (kinds.CITY, _held("city")),
    (kinds.COMPANY, _held("company_name", "full_name")),
    (kinds.VAT_ID, _held("vat_id")),
    (kinds.DOMAIN, _held("website_domain")),
    (
        kinds.LABEL,
        f"select domain as raw from {kinds.DOMAIN.table}"
        f" union all select domain from {kinds.EMAIL.table}",
    ),
)


def forget(con: duckdb.DuckDBPyConnection) -> None:
    """After a run of dedupe: delete what is known of values that no record holds."""
    for kind, source in _SOURCES:
        if _known(con, f"std_{kind.name}"):
            _delete_unheld(con, kind.table, "raw", source.format(rows=MATCH_INPUT))
    for party_type in get_args(PartyType):
        records = f"link.{party_type}_records"
        for name in _known(con, f"{party_type}_frequency_%"):
            column = name.removeprefix(f"{party_type}_frequency_")
            value = f"unnest({column})" if column in LISTS else column
            _delete_unheld(con, f"link.{name}", "value", f"select {value} from {records}")


def _delete_unheld(con: duckdb.DuckDBPyConnection, table: str, column: str, held: str) -> None:
    con.execute(
        f"delete from {table} where rowid in (select k.rowid from {table} as k"
        f" anti join ({held}) as h (held) on h.held = k.{column})"
    )


def _known(con: duckdb.DuckDBPyConnection, pattern: str) -> list[str]:
    """Tables of schema `link` that are called so."""
    found = con.execute(
        "select table_name from duckdb_tables() where schema_name = 'link'"
        " and database_name = current_database() and table_name like ? order by table_name",
        [pattern],
    ).fetchall()
    return [name for (name,) in found]
