"""Match input of any size, made without servers: the sandbox's people and firms, written down by
its scribes with the mess of `mess.yml`, each system's fields as that system has them.

Flow: seed and number of records → one Parquet file per chunk, in as many processes as asked for →
`match_input(...)` gives the folder. Chunks depend on the seed and their number only; a folder that
is complete is used again. Try it: `python -m benchmarks.party_records FOLDER --records 100000`.
"""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from sandbox.company import open_world
from sandbox.firms import Firm, draw_firm
from sandbox.mess import SYSTEMS, load_mess
from sandbox.parties import PRESENCE
from sandbox.population import Person, draw_household, draw_person
from sandbox.records import Records
from sandbox.spelling import Scribe, WrittenName
from sandbox.world import World

CHUNK = 20_000  # records
NOW = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000)
FOUNDED = int(datetime(2022, 1, 1, tzinfo=UTC).timestamp() * 1000)
SOURCES = {
    "erp": ("erp", "s4", "business_partners"), "webshop": ("shop", "shopware", "customers"),
    "email": ("mail", "brevo", "contacts"), "support": ("help", "zendesk", "users"),
}  # fmt: skip
TEXT = (
    "record_id", "source", "system", "stream", "party_type", "facet_of", "title", "given_name",
    "family_name", "full_name", "company_name", "street", "house_number", "postcode", "city",
    "country", "vat_id", "website_domain", "organisation_key", "purpose", "legal_basis",
    "retention",
)  # fmt: skip
Row = dict[str, Any]


def match_input(
    folder: Path, records: int, *, seed: int = 1, processes: int = 2, one_company: bool = False
) -> Path:
    """The folder of Parquet files with about this many records (to the chunk), made if missing.

    Chunks know nothing of each other, so that two firms may have one domain, and two people one
    mailbox. In `one_company` nobody has: it takes one process, and its truth can be found.
    """
    place = folder / f"match_input-{seed}-{records}{'-one' if one_company else ''}"
    done = place / "complete"
    if done.exists():
        return place
    place.mkdir(parents=True, exist_ok=True)
    sizes = [min(CHUNK, records - first) for first in range(0, records, CHUNK)]
    if one_company:
        mailboxes: set[int] = set()
        for number, size in enumerate(sizes):
            write_chunk(place, seed, number, size, mailboxes)
    else:
        with ProcessPoolExecutor(processes) as pool:
            list(pool.map(partial(write_chunk, place, seed), range(len(sizes)), sizes))
    done.touch()
    return place


def write_chunk(
    place: Path, seed: int, number: int, size: int, mailboxes: set[int] | None = None
) -> None:
    """One Parquet file of `size` records; `mailboxes` that have an owner already, added to."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    records = Records(sqlite3.connect(":memory:"))
    world = open_world(records, (seed, number), FOUNDED, FOUNDED, NOW)
    if mailboxes is not None:
        world.mailboxes = mailboxes
    rows = [row for row, _ in zip(_rows(world, f"{number}-"), range(size), strict=False)]
    texts = pa.list_(pa.string())
    kinds = {name: pa.string() for name in TEXT} | {
        "birth_date": pa.date32(), "emails": texts, "phones": texts,
        "created_at": pa.timestamp("us"), "updated_at": pa.timestamp("us"),
        "restricted": pa.bool_(), "echoes": texts,
        "entity_id": pa.string(), "employer_id": pa.string(),
    }  # fmt: skip
    columns = {n: pa.array([row.get(n) for row in rows], kind) for n, kind in kinds.items()}
    pq.write_table(pa.table(columns), place / f"{number:05d}.parquet")


def load(con: Any, place: Path) -> int:
    """Leave `intermediate.int_parties__match_input`."""
    con.execute("create schema if not exists intermediate")
    con.execute(
        "create or replace table intermediate.int_parties__match_input as"
        " select columns(lambda c: c not in ('entity_id', 'employer_id'))"
        f" from '{place}/*.parquet'"
    )
    return int(con.table("intermediate.int_parties__match_input").count("*").fetchall()[0][0])


def truth(con: Any, place: Path, party_type: str) -> dict[str, str]:
    """Record id → whom it describes; each chunk numbers its own people and firms."""
    rows = con.execute(
        "select record_id, entity_id || parse_filename(filename)"
        f" from read_parquet('{place}/*.parquet', filename = true) where party_type = ?",
        [party_type],
    ).fetchall()
    return dict(rows)


def employers(con: Any, place: Path) -> dict[str, str]:
    """Record id of a firm's contact → the firm, as `truth` of organisations calls it."""
    rows = con.execute(
        "select record_id, employer_id || parse_filename(filename)"
        f" from read_parquet('{place}/*.parquet', filename = true) where employer_id is not null"
    ).fetchall()
    return dict(rows)


def _rows(world: World, prefix: str) -> Iterator[Row]:
    """Records without end, customer by customer."""
    numbers = count()
    mess = world.mess
    at_home = mess.share("sharing.household_share")
    starts = at_home / (at_home + (1 - at_home) * 2.3)
    while True:
        if world.dice.chance(mess.share("organisations.share_of_customers")):
            rows = _firm_rows(world, draw_firm(world))
        else:
            household = world.dice.chance(starts)
            people = draw_household(world) if household else [draw_person(world)]
            rows = (row for person in people for row in _person_rows(world, person))
        for row in rows:
            yield _finished(row, f"{prefix}{next(numbers)}")


def _finished(row: Row, number: str) -> Row:
    source, system, stream = SOURCES[row.pop("where")]
    created = datetime.fromtimestamp(row.pop("created") / 1000, UTC).replace(tzinfo=None)
    kept = {name: value for name, value in row.items() if value not in ("", [], [""])}
    key = row.get("key") or f"{source}:{stream}:{number}"
    return {"emails": [], "phones": []} | kept | {
        "record_id": key, "source": source, "system": system, "stream": stream,
        "created_at": created, "updated_at": created, "restricted": False,
        "purpose": "contract", "legal_basis": "Art. 6 (1) b", "retention": "customer_master",
    }  # fmt: skip


def _places(world: World, kind: str) -> list[str]:
    known = [s for s in SYSTEMS if world.dice.chance(PRESENCE[kind][s])] or ["erp"]
    copies = {s: 1 + world.happens(f"duplicates_within_system.{s}") for s in known}
    return [s for s in known for _ in range(copies[s])]


def _person_rows(world: World, person: Person) -> Iterator[Row]:
    for system in _places(world, "person"):
        scribe = Scribe(world, system)
        address = scribe.home(person)
        phone = scribe.phone(person.mobile, address.country)
        yield _somebody(world, scribe, person) | {
            "emails": [scribe.email(person.email, person.second_email)], "phones": [phone],
            "street": address.street, "house_number": address.house_number,
            "postcode": address.postcode, "city": address.city, "country": address.country,
        }  # fmt: skip


def _somebody(world: World, scribe: Scribe, person: Person) -> Row:
    name, born = scribe.name(person), scribe.birth_date(person.birth_date)
    return _name(world, scribe, name) | {
        "where": scribe.system, "party_type": "person", "created": world.moment(person.since),
        "birth_date": born if isinstance(born, date) else None, "entity_id": person.entity_id,
    }  # fmt: skip


def _name(world: World, scribe: Scribe, name: WrittenName) -> Row:
    one_field = scribe.system in ("email", "support")
    if one_field and world.happens(f"full_name_in_one_field.{scribe.system}"):
        return {"full_name": name.full, "title": name.title}
    return {"given_name": name.given, "family_name": name.family, "title": name.title}


def _firm_rows(world: World, firm: Firm) -> Iterator[Row]:
    key = f"org:{firm.entity_id}:{world.dice.digits(9)}"
    for place, system in enumerate(_places(world, "organisation")):
        yield _firm(world, Scribe(world, system), firm) | ({"key": key} if place == 0 else {})
    for contact in firm.contacts:
        for system in _places(world, "person"):
            scribe = Scribe(world, system)
            address = scribe.address(contact.address)
            keyless = world.happens("organisations.contact_without_company_key")
            yield _somebody(world, scribe, contact.person) | {
                "emails": [scribe.email(contact.email)],
                "phones": [scribe.phone(contact.phone, address.country)],
                "company_name": scribe.firm_name(firm), "country": address.country,
                "street": address.street_line, "postcode": address.postcode, "city": address.city,
                "organisation_key": "" if keyless else key, "employer_id": firm.entity_id,
            }  # fmt: skip


def _firm(world: World, scribe: Scribe, firm: Firm) -> Row:
    address = scribe.address(firm.address)
    return {
        "where": scribe.system, "party_type": "organisation", "created": world.moment(firm.since),
        "company_name": scribe.firm_name(firm), "vat_id": scribe.vat_id(firm.vat_id),
        "emails": [scribe.email(f"info@{firm.domain}")],
        "phones": [scribe.phone(firm.switchboard, address.country)],
        "website_domain": "" if scribe.missing("email") else firm.domain,
        "street": address.street_line, "postcode": address.postcode, "city": address.city,
        "country": address.country, "entity_id": firm.entity_id,
    }  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("folder", type=Path)
    asked.add_argument("--records", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=1)
    options = asked.parse_args()
    load_mess()
    print(match_input(options.folder, options.records, seed=options.seed))


if __name__ == "__main__":
    main()
