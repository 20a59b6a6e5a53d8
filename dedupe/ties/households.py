"""People at one address with one family name → households, each with its evidence.

A household takes two who are surely not one person: two given names, or two birth dates (a father
and a son of one name). Not a household: people who share the address of a firm they act for, and
a door with more of one name than a family has.
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
    """Grain: one row per person; reads golden parties, their lineage, and roles."""
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
                   nullif({folded("given_name")}, '') as given, birth_date
            from doors
            where party_type = 'person' and family <> ''
                and party_id not in (select party_id from at_work)
        ),
        homes as (
            select door, family, 'H' || substr(arg_min(party_id, (
                coalesce(first_seen, timestamp '9999-01-01'), party_id)), 2) as household_id,
                count(*) as people,
                -- An initial may be any of the names that begin with it.
                count(distinct given) filter (where length(given) > 1) as names,
                count(distinct birth_date) as births
            from residents
            group by door, family
            having greatest(names, births) >= 2 and people <= {LARGEST_HOUSEHOLD}
        )
        select residents.party_id, household_id, 'address_and_family_name' as basis,
               people || ' people of one family name at one door, ' || names || ' given names, '
                   || births || ' birth dates' as evidence,
               lineage.record_id as evidence_record_id
        from residents
        join homes using (door, family)
        left join golden.golden_lineage as lineage
            on lineage.party_id = residents.party_id and lineage.attribute = 'street'
        order by household_id, residents.party_id
    """
