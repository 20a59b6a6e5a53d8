"""`intermediate.int_parties__match_input` → `link.<party_type>_records`, standardised.

Flow: distinct raw values → std_ tables (`values`) → the SQL files beside this module.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.standardise import kinds
from dedupe.standardise.values import Kind, standardise_values

if TYPE_CHECKING:
    import duckdb

MATCH_INPUT = "intermediate.int_parties__match_input"
FURTHER = "x_"  # what a table has beside the known columns; see dedupe/discovery
_FOLDER = Path(__file__).parent
_CONTACT_POINTS: list[tuple[Kind, str]] = [
    (kinds.EMAIL, "select unnest(emails) as raw from all_match_input"),
    (kinds.PHONE, "select unnest(phones) as raw, country as region from match_input"),
    (kinds.STREET, "select street as raw from match_input"),
    (kinds.HOUSE_NUMBER, "select house_number as raw from match_input"),
    (kinds.POSTCODE, "select postcode as raw from match_input"),
    (kinds.CITY, "select city as raw from match_input"),
    (kinds.COMPANY,
     "select company_name as raw from all_match_input"
     " union all select full_name from all_match_input where party_type = 'organisation'"),
]  # fmt: skip
# Every name in either role: which one it plays is decided later, by the table as a whole.
_ANY_NAME = (
    "select given_name as raw from match_input union all select family_name from match_input"
    " union all select given_part from std_full union all select family_part from std_full"
    " union all select single from std_full"
)
_NAMES: list[tuple[Kind, str]] = [
    (kinds.FULL, "select full_name as raw from match_input"),
    (kinds.GIVEN, _ANY_NAME),
    (kinds.FAMILY, _ANY_NAME),
    (kinds.TITLE, f"{_ANY_NAME} union all select title from match_input"),
]  # fmt: skip
# After person_names.sql and mail_names.sql; names parsed before come from what is kept.
_MAIL_NAMES: list[tuple[Kind, str]] = [
    (kinds.GIVEN, f"{_ANY_NAME} union all select given from mail_names"),
    (kinds.FAMILY, f"{_ANY_NAME} union all select family from mail_names"),
]
_FIRMS: list[tuple[Kind, str]] = [
    (kinds.VAT_ID, "select vat_id as raw, country as region from match_input"),
    (kinds.DOMAIN, "select website_domain as raw from match_input"),
    (kinds.LABEL, "select domain as raw from std_domain union all select domain from std_email"),
]


def standardise_records(con: duckdb.DuckDBPyConnection, party_type: str, work_dir: Path) -> int:
    """Build `link.<party_type>_records`; returns its rows."""
    con.execute("create schema if not exists link")
    con.execute(f"create or replace temp view all_match_input as from {MATCH_INPUT}")
    con.execute(
        "create or replace temp table match_input as"
        f" from {MATCH_INPUT} where party_type = '{party_type}'"
    )
    for kind, distinct in _CONTACT_POINTS + (_NAMES if party_type == "person" else _FIRMS):
        standardise_values(con, kind, distinct, work_dir)
    _execute(con, "contact_points.sql")
    if party_type == "person":
        _read_mailboxes(con, work_dir)
    _execute(con, f"{party_type}.sql")
    _carry_further_columns(con, party_type)
    return int(con.table(f"link.{party_type}_records").count("*").fetchall()[0][0])


def _read_mailboxes(con: duckdb.DuckDBPyConnection, work_dir: Path) -> None:
    """Names that only a mailbox tells; they are standardised like those in name fields."""
    _execute(con, "person_names.sql")
    _execute(con, "mail_names.sql")
    for kind, distinct in _MAIL_NAMES:
        standardise_values(con, kind, distinct, work_dir)


def _carry_further_columns(con: duckdb.DuckDBPyConnection, party_type: str) -> None:
    """Columns of the match input called `x_…` come standardised already; they are carried along."""
    further = [name for name in con.table("match_input").columns if name.startswith(FURTHER)]
    if not further:
        return
    records = f"link.{party_type}_records"
    con.execute(
        f"create or replace table {records} as"
        f" select r.*, {', '.join(f'i.{name}' for name in further)} from {records} as r"
        " inner join match_input as i using (record_id) order by rid"
    )


def _execute(con: duckdb.DuckDBPyConnection, name: str) -> None:
    con.execute((_FOLDER / name).read_text(encoding="utf-8"))
