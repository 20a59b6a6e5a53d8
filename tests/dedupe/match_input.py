"""A match input small enough to read: rows by name, everything not named is null."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa

TEXT = pa.string()
COLUMNS = {
    "record_id": TEXT, "source": TEXT, "system": TEXT, "stream": TEXT, "party_type": TEXT,
    "facet_of": TEXT, "title": TEXT, "given_name": TEXT, "family_name": TEXT, "full_name": TEXT,
    "company_name": TEXT, "birth_date": pa.date32(), "emails": pa.list_(TEXT),
    "phones": pa.list_(TEXT), "street": TEXT, "house_number": TEXT, "postcode": TEXT,
    "city": TEXT, "country": TEXT, "vat_id": TEXT, "website_domain": TEXT,
    "organisation_key": TEXT, "created_at": pa.timestamp("us"), "updated_at": pa.timestamp("us"),
    "purpose": TEXT, "legal_basis": TEXT, "retention": TEXT, "restricted": pa.bool_(),
    "echoes": pa.list_(TEXT),
}  # fmt: skip
SYSTEMS = {"erp": "s4", "shop": "shopware", "mail": "brevo", "help": "zendesk"}
DEFAULTS = {
    "party_type": "person", "stream": "parties", "emails": [], "phones": [], "restricted": False,
    "purpose": "contract", "legal_basis": "Art. 6 (1) b", "retention": "customer_master",
}  # fmt: skip


def record(record_id: str, **values) -> dict:
    """`anna@shop` is a record of the shop; dates are written as text."""
    source = record_id.partition("@")[2].partition("#")[0]
    row = dict.fromkeys(COLUMNS) | DEFAULTS | {"source": source, "system": SYSTEMS[source]}
    row |= {"record_id": record_id, "created_at": "2024-01-01", "updated_at": "2024-01-01"} | values
    for column in ("created_at", "updated_at"):
        row[column] = row[column] and datetime.fromisoformat(row[column])
    row["birth_date"] = row["birth_date"] and date.fromisoformat(row["birth_date"])
    return row


def write_match_input(con, rows: list[dict]) -> None:
    """Leave `intermediate.int_parties__match_input` with these rows in this order."""
    arrays = {name: pa.array([row[name] for row in rows], kind) for name, kind in COLUMNS.items()}
    con.execute("create schema if not exists intermediate")
    con.execute("create schema if not exists golden")
    con.register("rows", pa.table(arrays))
    con.execute("create or replace table intermediate.int_parties__match_input as from rows")
    con.unregister("rows")


def write_crosswalk(con, party_of: dict[str, str]) -> None:
    """Leave `golden.xref_parties`; records not named are a party of their own name."""
    con.execute("create or replace temp table party_of (record_id varchar, party_id varchar)")
    con.executemany("insert into party_of values (?, ?)", list(party_of.items()) or [("-", "-")])
    con.execute("""
        create or replace table golden.xref_parties as
        select i.record_id, coalesce(p.party_id, i.record_id) as party_id, i.party_type, i.source,
               i.stream, i.facet_of
        from intermediate.int_parties__match_input as i left join party_of as p using (record_id)
    """)
    con.execute("create or replace temp table party_cohesion (party_id varchar, cohesion double)")


def link_by(con, pairs: dict[tuple[str, str], float], vetoes=frozenset(), flipped=False) -> None:
    """Stand in for linkage: records numbered as they lie, these pairs with these weights in bits.

    A vetoed pair has pattern 1, the others 2.
    """
    con.execute("create schema if not exists link")
    for party_type in ("person", "organisation"):
        con.execute(f"""
            create or replace table link.{party_type}_records as
            select row_number() over () as rid, record_id
            from intermediate.int_parties__match_input where party_type = '{party_type}'
        """)
        con.execute(f"""
            create or replace table link.{party_type}_pairs
            (l_rid bigint, r_rid bigint, blocking_rule varchar, pattern bigint, weight integer)
        """)
        for (left, right), bits in pairs.items():
            con.execute(
                f"insert into link.{party_type}_pairs "
                "select least(l.rid, r.rid), greatest(l.rid, r.rid), 'by_hand', ?, ? "
                f"from link.{party_type}_records l, link.{party_type}_records r "
                "where l.record_id = ? and r.record_id = ?",
                [1 if (left, right) in vetoes else 2, int(bits * 1000), left, right],
            )


def score_as_strangers(con):
    """Scores every pair linkage did not make at -2 bits."""

    def score(pairs_table: str, out_table: str) -> None:
        con.execute(
            f"create or replace table {out_table} as "
            f"select l_rid, r_rid, 2::bigint as pattern, -2000 as weight from {pairs_table}"
        )

    return score
