"""What was consented to or withdrawn over our own API since the build, in what is shown of it.

In: statements of the operational store, a database of views over a build. Out: its `customer_360`
and `crm_outbox` with the permissions that people give now, by the rules of the marts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from serving.api.sql import query_text
from serving.hiding import shown_sql
from serving.suppressed import Suppressed
from stamm.store import Store

if TYPE_CHECKING:
    import duckdb

# Cells of the outbox that a consent to any channel lets out, where nothing else does.
_LET_OUT_BY_ANY = (
    "title", "given_name", "family_name", "company_name", "legal_form", "vat_id",
    "website_domain", "street", "house_number", "postcode", "city", "country",
)  # fmt: skip


def stated_consents(store: Store) -> list[tuple[object, ...]]:
    """What was consented to or withdrawn over our own API, in the order of `_STATED`."""
    if not store.has_table("consent_events"):
        return []
    rows = store.query(
        "select consent_event_id, record_id, address, channel, event, occurred_at, evidence "
        "from consent_events where purpose = 'marketing'"
    )
    return [tuple(row) for row in rows]


_STATED = (
    "create temp table stated (consent_event_id varchar, record_id varchar, address varchar, "
    "channel varchar, event varchar, occurred_at timestamp, evidence varchar)"
)


def apply_consents(
    con: duckdb.DuckDBPyConnection,
    later: list[tuple[object, ...]],
    tables: Mapping[str, list[str]],
    hidden: Suppressed,
    origins: Mapping[str, str],
) -> None:
    """`customer_360` and `crm_outbox` with what was consented to or withdrawn since the build."""
    con.execute(_STATED)
    if later:
        con.executemany(
            "insert into stated values (?, ?, ?, ?, ?, ?::timestamptz at time zone 'UTC', ?)", later
        )
    con.execute(query_text("later_permissions"))
    if not con.execute("select 1 from later_permissions limit 1").fetchall():
        return
    customers, outbox = (
        shown_sql(origins[name], tables[name]) if hidden else f"select * from {origins[name]}"
        for name in ("customer_360", "crm_outbox")
    )
    con.execute(query_text("later_channels"))
    con.execute(f"create or replace view customer_360 as {_renewed_sql(customers)}")
    con.execute(query_text("later_outbox").format(outbox=outbox, plain=_plain_sql()))


def _renewed_sql(customers: str) -> str:
    """Customers with the permissions that they give now."""
    renewed = ", ".join(
        f"coalesce(l.{channel}, c.permission_{channel}) as permission_{channel}"
        for channel in ("email", "sms", "phone", "post")
    )
    return (
        f"select c.* replace ({renewed}) from ({customers}) as c "
        "left join later_channels as l on c.party_id = l.party_id"
    )


def _plain_sql() -> str:
    """The cells that any permission lets out, each only if something does."""
    return ", ".join(
        f"case when has_permission or list_contains(without_consent, '{name}') then {name} end"
        f" as {name}"
        for name in _LET_OUT_BY_ANY
    )
