"""People → the firms they act for, each tie with its basis, evidence, and the record that shows it.

A shared key or the same source record settles it. Only a person without such a tie is tied by
VAT id, by company name and postcode, or by an e-mail domain that exactly one firm uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedupe.ties.branches import write_branches
from dedupe.ties.held import HELD, renew_held, write_held
from stamm.rows import renew_rows

if TYPE_CHECKING:
    import duckdb

# Strongest first. The weights are stated guesses at how often such a tie is right, not trained.
BASES = {
    "key": 1.0,
    "same_record": 1.0,
    "vat_id": 0.98,
    "name_and_address": 0.9,
    "email_domain": 0.8,
}
_SETTLED = ("key", "same_record")
_ROLES = "golden.golden_party_roles"

_EVIDENCE = {
    "key": "'its source names the firm'",
    "same_record": "'the same record names the firm'",
    "vat_id": "'VAT id ' || value || ' in both'",
    "name_and_address": "'company name and postcode ' || place || ' in both'",
    "email_domain": "'domain ' || value || ' in both'",
}
_OF_FIRMS = f"(from {HELD} where party_type = 'organisation' and tie = 'role')"


def write_roles(con: duckdb.DuckDBPyConnection) -> None:
    """Write `golden.golden_party_roles`, one row per person and firm, and `golden_branches`."""
    write_held(con)
    con.execute(f"create or replace table {_ROLES} as {roles_sql()}")
    write_branches(con)


def renew_roles(
    con: duckdb.DuckDBPyConnection, *, seen: str, rows: str, touched: str, affected: str
) -> None:
    """Bring both up to date, and leave temp table `tied_anew` (party_id) of people looked at again.

    Those are `affected` ones (a table of party ids), and all that hold what a firm's record among
    `touched` held or holds now. `seen` and `rows` are those of `renew_held`.
    """
    shared = (
        "select distinct basis, value, place"
        f" from {_OF_FIRMS} semi join {touched} using (record_id)"
    )
    con.execute(f"create or replace temp table shared_values as {shared}")
    renew_held(con, seen, rows)
    con.execute(f"insert into shared_values {shared}")
    con.execute(f"create or replace temp table tied_anew as {_tied_anew_sql(affected)}")
    renew_rows(
        con, _ROLES, where="person_party_id in (from tied_anew)", rows=roles_sql("tied_anew")
    )
    write_branches(con)


def _tied_anew_sql(affected: str) -> str:
    return f"""
        select party_id from {affected}
        union
        select party_id from golden.xref_parties
        where party_type = 'person' and record_id in (
            select record_id from {HELD} semi join shared_values using (basis, value, place)
            where party_type = 'person' and tie = 'role'
            union all select value from shared_values where basis = 'same_record')
    """


def roles_sql(only: str = "") -> str:
    """The ties of all people, or of those in the table `only`; reads `link.held_values`.

    The strongest basis of each person and firm. But for what settles a tie, a value ties to the
    firm that alone holds it.
    """
    rank = " ".join(f"when '{basis}' then {i}" for i, basis in enumerate(BASES))
    weight = " ".join(f"when '{basis}' then {value}" for basis, value in BASES.items())
    evidence = " ".join(f"when '{basis}' then {text}" for basis, text in _EVIDENCE.items())
    chosen = f"where party_id in (from {only})" if only else ""
    return f"""
        with persons as (
            select party_id, record_id from golden.xref_parties {chosen}
        ),
        people as materialized (
            select party_id, record_id, basis, value, place
            from persons join {HELD} using (record_id)
            where party_type = 'person' and tie = 'role'
            union all
            select party_id, record_id, 'same_record', record_id, '' from persons
            where record_id in (select value from {_OF_FIRMS} where basis = 'same_record')
        ),
        holders as (
            select distinct basis, value, place, party_id
            from {_OF_FIRMS} semi join people using (basis, value, place)
            join golden.xref_parties using (record_id)
        ),
        firms as (
            from holders
            qualify basis in {_SETTLED} or count(*) over (partition by basis, value, place) = 1
        ),
        ties as (
            select people.party_id as person, firms.party_id as organisation, record_id,
                   basis, case basis {rank} end as strength, case basis {evidence} end as evidence
            from people join firms using (basis, value, place)
        ),
        settled as (select distinct person from ties where basis in {_SETTLED})
        select person as person_party_id, organisation as organisation_party_id,
               'contact' as role, basis, evidence, record_id as evidence_record_id,
               (case basis {weight} end)::double as weight
        from ties
        where basis in {_SETTLED} or person not in (select person from settled)
        qualify row_number() over (
            partition by person, organisation order by strength, record_id, evidence) = 1
        order by 1, 2
    """
