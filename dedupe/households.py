"""People at one address with one family name → households.

Not a household: people who share the address of a firm they act for, a door with more of one
name than a family has, and two people born on the same day with the same first name (that is one
person, not yet merged).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedupe.survivorship.candidates import folded

if TYPE_CHECKING:
    import duckdb

# Three generations under one roof; above it the door is a block of flats or an institution.
LARGEST_HOUSEHOLD = 10


def write_households(con: duckdb.DuckDBPyConnection) -> None:
    """Write `golden.golden_households`, one row per person who does not live alone.

    A household is named after the party known longest, so its id stays while that one stays.
    """
    con.execute(f"create or replace table golden.golden_households as {households_sql()}")


def households_sql() -> str:
    """Grain: one row per person; reads golden parties and roles."""
    door = " || '|' || ".join(f"coalesce({folded(c)}, '')" for c in ("country", "postcode"))
    # The number may stand in the street line or in its own column.
    line = folded("concat_ws(' ', street, house_number)")
    return f"""
        with doors as (
            select *, {door} || '|' || {line} as door, {folded("family_name")} as family
            from golden.golden_parties
            where postcode is not null and street is not null
                and regexp_matches(concat_ws(' ', street, house_number), '[0-9]')
        ),
        at_work as (
            select person.party_id
            from golden.golden_party_roles as role
            join doors as person on person.party_id = role.person_party_id
            join doors as firm on firm.party_id = role.organisation_party_id
            where person.door = firm.door
        ),
        residents as (
            select party_id, door, family, first_seen,
                   {folded("given_name")} || '|' || birth_date::varchar as born_as
            from doors
            where party_type = 'person' and family <> ''
                and party_id not in (select party_id from at_work)
        ),
        homes as (
            select door, family, 'H' || substr(arg_min(party_id, (
                coalesce(first_seen, timestamp '9999-01-01'), party_id)), 2) as household_id
            from residents
            group by door, family
            having count(distinct coalesce(born_as, party_id)) between 2 and {LARGEST_HOUSEHOLD}
        )
        select party_id, household_id from residents join homes using (door, family)
        order by household_id, party_id
    """
