"""The marts find the operational store's tables, typed, also where there is nothing in them."""

import pytest

from serving.exports import export_ops
from serving.versions import store_versions
from stamm.duck import in_memory
from stamm.store import Store


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "state.db")
    yield opened
    opened.close()


def types(con, table):
    rows = con.execute(
        "select column_name, data_type from duckdb_columns() "
        "where schema_name = 'ops' and table_name = ?",
        [table],
    ).fetchall()
    return dict(rows)


def test_an_empty_store_gives_empty_tables_with_their_types(store):
    with in_memory() as con:
        assert export_ops(con, store) == {
            "consent_events": 0,
            "customer_versions": 0,
            "suppressions": 0,
            "party_events": 0,
            "target_group_counts": 0,
        }
        assert types(con, "consent_events")["occurred_at"] == "TIMESTAMP"
        assert types(con, "customer_versions")["attributes"] == "JSON"
        assert types(con, "party_events")["seq"] == "BIGINT"


def test_moments_arrive_in_utc_whatever_offset_they_were_stored_with(store):
    store.migrate(
        "identity",
        ["create table party_events (seq integer, occurred_at text, party_id text, event text)"],
    )
    with store.transaction() as db:
        db.execute(
            "insert into party_events values (1, '2026-06-30T08:00:00+02:00', 'P1', 'created')"
        )
        db.execute("insert into party_events values (2, '2026-06-30 07:00:00', 'P2', 'created')")
    with in_memory() as con:
        assert export_ops(con, store)["party_events"] == 2
        assert con.sql(
            "select occurred_at::varchar, cause from ops.party_events order by seq"
        ).fetchall() == [
            ("2026-06-30 06:00:00", None),
            ("2026-06-30 07:00:00", None),
        ]


def test_versions_go_round_from_build_to_store_to_the_next_run(store):
    with in_memory() as con:
        con.execute(
            "create table dim_customer as select * from (values "
            "('P1', timestamp '2026-06-29 06:00', timestamp '2026-06-30 06:00', 'h1', "
            '\'{"city": "Bonn"}\'::json), '
            "('P1', timestamp '2026-06-30 06:00', null, 'h2', '{\"city\": \"Köln\"}'::json)) "
            "as t(party_id, valid_from, valid_to, attributes_hash, attributes)"
        )
        assert store_versions(con, store) == 2
        assert store_versions(con, store) == 0
        export_ops(con, store)
        assert (
            con.sql(
                "select * from ops.customer_versions except select * from dim_customer"
            ).fetchall()
            == []
        )
        con.execute(
            "update dim_customer set valid_to = timestamp '2026-07-01' where valid_to is null"
        )
        assert store_versions(con, store) == 1


def test_a_version_that_a_repeated_build_no_longer_opens_was_never_held(store):
    with in_memory() as con:
        con.execute(
            "create table dim_customer as select 'P1' as party_id, "
            "timestamp '2026-06-30' as valid_from, null::timestamp as valid_to, "
            "'h' as attributes_hash, '{}' as attributes"
        )
        store_versions(con, store)
        con.execute("delete from dim_customer")
        assert store_versions(con, store) == 1
    assert store.query("select * from customer_versions") == []
