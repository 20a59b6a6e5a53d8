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
_FOLDER = Path(__file__).parent
_CONTACT_POINTS: list[tuple[Kind, str]] = [
    (kinds.EMAIL, "select unnest(emails) as raw from match_input"),
    (kinds.PHONE, "select unnest(phones) as raw, country as region from match_input"),
    (kinds.STREET, "select street as raw from match_input"),
    (kinds.HOUSE_NUMBER, "select house_number as raw from match_input"),
    (kinds.POSTCODE, "select postcode as raw from match_input"),
    (kinds.CITY, "select city as raw from match_input"),
    (kinds.COMPANY, "select company_name as raw from all_match_input"
                    " union all select full_name from all_match_input where party_type = 'organisation'"),
]  # fmt: skip
_NAMES: list[tuple[Kind, str]] = [
    (kinds.FULL, "select full_name as raw from match_input"),
    (kinds.GIVEN, "select given_name as raw from match_input"
                  " union all select given_part from std_full union all select single from std_full"),
    (kinds.FAMILY, "select family_name as raw from match_input"
                   " union all select family_part from std_full union all select single from std_full"),
    (kinds.TITLE, "select coalesce(title, given_name) as raw from match_input"
                  " union all select given_part from std_full"),
]  # fmt: skip
_FIRMS: list[tuple[Kind, str]] = [
    (kinds.VAT_ID, "select vat_id as raw, country as region from match_input"),
    (kinds.DOMAIN, "select website_domain as raw from match_input"),
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
    for name in ("contact_points.sql", f"{party_type}.sql"):
        con.execute((_FOLDER / name).read_text(encoding="utf-8"))
    return int(con.table(f"link.{party_type}_records").count("*").fetchall()[0][0])
