"""What hangs on each golden party: its records, and the orders and revenue of its account.

In: the private warehouse. Out: party → `Stakes`; a party that is suppressed has none, so that
nobody is asked to look at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stamm.duck import has_table

if TYPE_CHECKING:
    import duckdb

    from dedupe.judgement.review import Stakes
    from stamm.store import Store

_WITH_ORDERS = """
    select party_id, g.records, coalesce(c.orders, 0), coalesce(c.order_value_eur, 0)::double
    from golden.golden_parties as g left join marts.customer_360 as c using (party_id)
"""
_RECORDS_ONLY = "select party_id, records, 0, 0::double from golden.golden_parties"


def stakes(con: duckdb.DuckDBPyConnection, store: Store) -> dict[str, Stakes]:
    """Orders and revenue are there once the marts were built."""
    from dedupe.judgement.review import Stakes
    from serving.suppressed import suppressed

    built = has_table(con, "marts.customer_360")
    hidden = suppressed(store).parties
    return {
        party: Stakes(*figures)
        for party, *figures in con.execute(_WITH_ORDERS if built else _RECORDS_ONLY).fetchall()
        if party not in hidden
    }
