"""People at one address with one family name → households, each with its evidence.

A household takes two who are surely not one person: two given names, or two birth dates (a father
and a son of one name). Not a household: people who share the address of a firm they act for, and
a door with more of one name than a family has. `link.doors` keeps who is where from run to run, so
that a change is compared with those at its doors only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedupe.survivorship.candidates import folded
from stamm.rows import renew_rows

if TYPE_CHECKING:
    import duckdb

# Three generations under one roof; above it the door is a block of flats or an institution.
LARGEST_HOUSEHOLD = 10
_DOORS = "link.doors"
_HOUSEHOLDS = "golden.golden_households"


def write_households(con: duckdb.DuckDBPyConnection) -> None:
    """Write `golden.golden_households`, one row per person who does not live alone.

    A household is named after the party known longest, so its id stays while that one stays.
    """
    con.execute("create schema if not exists link")
    con.execute(f"create or replace table {_DOORS} as {_doors_sql()}")
    con.execute(f"create or replace table {_HOUSEHOLDS} as {households_sql()}")


def renew_households(con: duckdb.DuckDBPyConnection, *, affected: str, tied_anew: str) -> None:
    """Bring it up to date: of all homes that concern somebody whose golden values or firms changed.

    `affected` and `tied_anew` name tables of party ids, those of now and of before. Who acts for an
    affected firm is concerned, too: the firm may be at another door.
    """
    con.execute(
        f"create or replace temp table concerned_parties as select party_id from {affected}"
        f" union select party_id from {tied_anew}"
        " union select person_party_id from golden.golden_party_roles"
        f" where organisation_party_id in (select party_id from {affected})"
    )
    homes = (
        f"select distinct door, family from {_DOORS} semi join concerned_parties using (party_id)"
    )
    con.execute(f"create or replace temp table changed_homes as {homes}")
    renew_rows(
        con, _DOORS,
        where=f"party_id in (select party_id from {affected})", rows=_doors_sql(affected),
    )  # fmt: skip
    con.execute(f"insert into changed_homes {homes}")
    residents = (
        "select party_id from concerned_parties union all"
        f" select party_id from {_DOORS} semi join changed_homes using (door, family)"
    )
    renew_rows(
        con, _HOUSEHOLDS, where=f"party_id in ({residents})", rows=households_sql("changed_homes")
    )


def _doors_sql(only: str = "") -> str:
    """Grain: one row per party with a door, of all or of those in the table `only`."""
    door = " || '|' || ".join(f"coalesce({folded(c)}, '')" for c in ("country", "postcode"))
    # The number may stand in the street line or in its own column.
    line = folded("concat_ws(' ', street, house_number)")
    chosen = f"and party_id in (select party_id from {only})" if only else ""
    return f"""
        select party_id, party_type, {door} || '|' || {line} as door,
               {folded("family_name")} as family, nullif({folded("given_name")}, '') as given,
               birth_date, first_seen
        from golden.golden_parties
        where postcode is not null and street is not null
            and regexp_matches(concat_ws(' ', street, house_number), '[0-9]') {chosen}
    """


def households_sql(only: str = "") -> str:
    """Grain: one row per person, at all doors or those of the table `only` (door, family)."""
    chosen = f"semi join {only} using (door, family)" if only else ""
    return f"""
        with persons as materialized (
            from {_DOORS} {chosen} where party_type = 'person' and family <> ''
        ),
        at_work as (
            select person.party_id
            from golden.golden_party_roles as role
            join persons as person on person.party_id = role.person_party_id
            join {_DOORS} as firm on firm.party_id = role.organisation_party_id
            where person.door = firm.door
        ),
        residents as (
            from persons where party_id not in (select party_id from at_work)
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
        ),
        members as materialized (from residents join homes using (door, family)),
        streets as (
            select party_id, record_id from golden.golden_lineage
            where attribute = 'street' and party_id in (select party_id from members)
        )
        select party_id, household_id, 'address_and_family_name' as basis,
               people || ' people of one family name at one door, ' || names || ' given names, '
                   || births || ' birth dates' as evidence,
               streets.record_id as evidence_record_id
        from members left join streets using (party_id)
        order by household_id, party_id
    """
