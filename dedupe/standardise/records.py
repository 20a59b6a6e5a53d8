"""`intermediate.int_parties__match_input` → `link.<party_type>_records`, standardised.

Flow: distinct raw values → `link.std_<kind>` (`values`) → the SQL files beside this module. Which
names are given and which are family names is told by `link.person_context`: learnt from all
records when a model is trained, and part of that model from then on, so that a record's
standard form does not hang on which records came with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dedupe.standardise import kinds
from dedupe.standardise.parsing import Parsers, parsers
from dedupe.standardise.values import Kind, standardise_values
from stamm.duck import uncompressed

if TYPE_CHECKING:
    import duckdb

MATCH_INPUT = "intermediate.int_parties__match_input"
CONTEXT = "link.person_context"
FURTHER = "x_"  # what a table has beside the known columns; see dedupe/discovery
_FOLDER = Path(__file__).parent
_EMPLOYERS: list[tuple[Kind, str]] = [
    (kinds.COMPANY, "select company_name as raw from organisations"),
    (kinds.EMAIL, "select unnest(emails) as raw from organisations"),
]
_CONTACT_POINTS: list[tuple[Kind, str]] = [
    (kinds.EMAIL, "select unnest(emails) as raw from match_input"),
    (kinds.PHONE, "select unnest(phones) as raw, country as region from match_input"),
    (kinds.STREET, "select street as raw from match_input"),
    (kinds.HOUSE_NUMBER, "select house_number as raw from match_input"),
    (kinds.POSTCODE, "select postcode as raw from match_input"),
    (kinds.CITY, "select city as raw from match_input"),
    (kinds.COMPANY, "select company_name as raw from match_input"),
]
_USED = (
    "record_id, title, given_name, family_name, full_name, company_name, birth_date, emails,"
    " phones, street, house_number, postcode, city, country, vat_id, website_domain,"
    " organisation_key"
)
_PARTS = "(select f.* from link.std_full as f semi join match_input as i on f.raw = i.full_name)"
# Every name in either role: which one it plays is decided later, by the table as a whole.
_ANY_NAME = (
    "select given_name as raw from match_input union all select family_name from match_input"
    f" union all select given_part from {_PARTS} union all select family_part from {_PARTS}"
    f" union all select single from {_PARTS}"
)
_NAMES: list[tuple[Kind, str]] = [
    (kinds.FULL, "select full_name as raw from match_input"),
    (kinds.GIVEN, _ANY_NAME),
    (kinds.FAMILY, _ANY_NAME),
    (kinds.TITLE, f"{_ANY_NAME} union all select title from match_input"),
]
_MAIL_NAMES: list[tuple[Kind, str]] = [
    (kinds.GIVEN, "select given as raw from mail_names"),
    (kinds.TITLE, "select given as raw from mail_names"),  # one may stand before a name
    (kinds.FAMILY, "select family as raw from mail_names"),
]
_FIRMS: list[tuple[Kind, str]] = [
    (kinds.COMPANY, "select full_name as raw from match_input"),
    (kinds.VAT_ID, "select vat_id as raw, country as region from match_input"),
    (kinds.DOMAIN, "select website_domain as raw from match_input"),
    (kinds.LABEL,
     "select d.domain as raw from link.std_domain as d"
     " semi join match_input as i on d.raw = i.website_domain"
     " union all select e.domain from link.std_email as e"
     " semi join (select unnest(emails) as raw from match_input) as i on e.raw = i.raw"),
]  # fmt: skip


def standardise_records(
    con: duckdb.DuckDBPyConnection, party_type: str, *, learn_context: bool = True
) -> int:
    """Build `link.<party_type>_records` of all records; returns its rows.

    `rid` numbers them by record id. `link.person_context` is learnt from them, or there already.
    """
    con.execute("create schema if not exists link")
    if party_type == "person":
        write_employers(con)
    prepare(con, party_type, MATCH_INPUT, learn_context=learn_context)
    with uncompressed(con):
        con.execute(
            f"create or replace table link.{party_type}_records as"
            " select seq as rid, * exclude (seq)"
            f" from ({standardised_sql(con, party_type)}) order by rid"
        )
    return int(con.table(f"link.{party_type}_records").count("*").fetchall()[0][0])


def write_employers(con: duckdb.DuckDBPyConnection) -> None:
    """`link.firm_names` and `link.domain_firms`, by all organisation records there are now."""
    prepare_firms(con, f"from {MATCH_INPUT} where party_type = 'organisation'")
    con.execute(f"create or replace table link.firm_names as {firm_names_sql()}")
    con.execute(f"create or replace table link.domain_firms as {domain_firms_sql()}")


def prepare_firms(con: duckdb.DuckDBPyConnection, organisations: str) -> None:
    """What `firm_names_sql` reads of these records of the match input, a query."""
    con.execute(f"create or replace temp view organisations as {organisations}")
    with parsers() as opened:
        standardise_values(con, _EMPLOYERS, opened)


def firm_names_sql() -> str:
    """The rows of `link.firm_names` of the records that were prepared."""
    return _sql("firm_names.sql")


def domain_firms_sql() -> str:
    """All rows of `link.domain_firms`, by `link.firm_names`."""
    return _sql("domain_firms.sql")


def prepare(
    con: duckdb.DuckDBPyConnection, party_type: str, rows: str, *, learn_context: bool
) -> None:
    """Temp tables from which `standardised_sql` reads the records of this type among `rows`.

    People need `write_employers` first, and `link.person_context` unless it is learnt from them.
    """
    used = ", ".join([_USED, *_further(con)])
    con.execute(
        "create or replace temp table match_input as with numbered as ("
        "select record_id, row_number() over (order by record_id) as seq"
        f" from {rows} where party_type = '{party_type}')"
        f" select seq, {used} from {rows} inner join numbered using (record_id)"
    )
    with parsers() as opened:
        standardise_values(con, _CONTACT_POINTS, opened)
        standardise_values(con, _NAMES if party_type == "person" else _FIRMS, opened)
        _execute(con, "contact_points.sql")
        if party_type == "person":
            _place_names(con, opened, learn_context=learn_context)


def standardised_sql(con: duckdb.DuckDBPyConnection, party_type: str) -> str:
    """One row per record that was prepared, numbered `seq` by record id from 1.

    Columns of the match input called `x_…` come standardised already; they are carried along.
    """
    known, further = _sql(f"{party_type}.sql"), _further(con)
    if not further:
        return known
    carried = ", ".join(f"i.{name}" for name in further)
    return f"select s.*, {carried} from ({known}) as s inner join match_input as i using (seq)"


def _further(con: duckdb.DuckDBPyConnection) -> list[str]:
    return [name for name in con.table(MATCH_INPUT).columns if name.startswith(FURTHER)]


def _place_names(con: duckdb.DuckDBPyConnection, opened: Parsers, *, learn_context: bool) -> None:
    """Names in their fields, and those that only a mailbox tells, standardised like the others."""
    _execute(con, "name_words.sql")
    if learn_context:
        _execute(con, "name_counts.sql")
    _execute(con, "person_names.sql")
    if learn_context:
        _execute(con, "name_shares.sql")
    _execute(con, "nameless_boxes.sql")
    standardise_values(con, [(kinds.READINGS, "select raw from nameless_boxes")], opened)
    _execute(con, "mail_names.sql")
    standardise_values(con, _MAIL_NAMES, opened)


def _execute(con: duckdb.DuckDBPyConnection, name: str) -> None:
    con.execute(_sql(name))


def _sql(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
