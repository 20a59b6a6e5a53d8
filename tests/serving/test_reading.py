"""A reader of any build, also of an older one after a rollback, does not see who is suppressed."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from dedupe.identity import ledger
from dedupe.identity.constitution import Member
from privacy.suppressions import suppress_address, suppress_party
from serving.exports import export_ops
from serving.feed import read_changes
from serving.publish import open_published, publish, rollback
from serving.release import release
from serving.suppressed import suppressed
from stamm.duck import in_memory, open_warehouse
from stamm.store import Store

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
WAREHOUSE = """
create schema marts; create schema golden;
create table golden.xref_parties as from (values ('r1', 'P1'), ('r2', 'P2')) t(record_id, party_id);
create table golden.golden_parties as from (values
    ('P1', 'Anna', 'a@x.de'), ('P2', 'Bea', 'b@x.de')) t(party_id, given_name, email);
create table marts.crm_outbox as from (values
    ('P1', 'a@x.de', '+4915112', true, true), ('P2', 'B@x.de', '+4915113', true, true))
    t(party_id, email, phone, permission_email, permission_sms);
create table golden.retired_parties (party_id varchar, resolves_to varchar);
create table marts.dim_customer as select *, '{"email": "' || email || '"}' as attributes,
    'h' as attributes_hash, timestamp '2026-06-30' as valid_from, null::timestamp as valid_to
    from golden.golden_parties;
create table marts.fct_orders as from (values ('o1', 'r1'), ('o2', 'r2'))
    t(order_record_id, buyer_record_id);
create table marts.dim_contact as from (values ('P1', 'P9', 'Anna')) t(person_party_id,
    organisation_party_id, given_name);
create table marts.xref_account_parties as from (values ('l1', 'P1', 'P9'), ('l2', null, 'P9'))
    t(party_link_id, buyer_party_id, account_party_id);
create table marts.fct_consent_events as from (values
    ('e1', 'api', 'r1', 'a@x.de'), ('e2', 'api', 'r2', 'b@x.de'), ('e3', 'api', null, 'c@x.de'))
    t(consent_event_id, source, record_id, address);
create table marts.consent_state as select address, 'given' as state from marts.fct_consent_events;
"""


@pytest.fixture
def store(tmp_path):
    with closing(Store.open(tmp_path / "state.db")) as opened:
        yield opened


@pytest.fixture
def ask(tmp_path, store):
    """Rows of a query on the published build, read as `stamm query` reads it."""
    with open_warehouse(tmp_path / "w.duckdb") as con:
        con.execute(WAREHOUSE)
    publish(tmp_path / "w.duckdb", tmp_path / "p", build_id="b1", info={})

    def rows(sql):
        with open_published(tmp_path / "p", tmp_path / "state.db") as con:
            return con.sql(sql).fetchall()

    return rows


def run(store, text, day):
    """`ab c` are two clusters; letters tell the age of the record."""
    born = datetime.fromisoformat("2020-01-01")
    clusters = [[Member(r, born + timedelta(ord(r))) for r in word] for word in text.split()]
    at = AT + timedelta(days=day)
    return dict(ledger.record_run(store, clusters, run_id=f"run-{day}", at=at).assignment)


def test_without_suppressions_the_build_is_read_as_it_is(ask):
    assert ask("select count(*) from crm_outbox") == [(2,)]
    assert ask("select count(*) from duckdb_views() where not internal") == [(0,)]


@pytest.mark.parametrize(
    ("table", "left"),
    [
        ("crm_outbox", ["P2"]),
        ("golden_parties", ["P2"]),
        ("dim_customer", ["P2"]),
        ("xref_parties", ["r2"]),
        ("dim_contact", []),
        ("fct_consent_events", ["e2"]),  # nobody can tell of whom e3 spoke, which has no record
        ("consent_state", ["b@x.de"]),
        ("fct_orders", ["o1", "o2"]),  # a fact holds no party and keeps its sum
        ("xref_account_parties", ["l1", "l2"]),
    ],
)
def test_a_suppressed_party_leaves_every_table_and_facts_keep_their_sums(ask, store, table, left):
    suppress_party(store, "P1", reason="erasure", at=AT)
    assert sorted(row[0] for row in ask(f"select * from {table}")) == left


@pytest.mark.parametrize(
    "way_around", ["build.golden_parties", "build.main.golden_parties", "hidden.parties"]
)
def test_no_way_leads_around_a_suppression_to_the_build_itself(ask, store, way_around):
    suppress_party(store, "P1", reason="erasure", at=AT)
    with pytest.raises(duckdb.Error, match="does not exist"):
        ask(f"from {way_around}")
    databases = ask("select database_name from duckdb_databases() where not internal")
    assert databases == [("memory",)]


@pytest.mark.parametrize("suppressing", [False, True])
def test_a_reader_reaches_no_file(ask, store, tmp_path, suppressing):
    if suppressing:
        suppress_party(store, "P1", reason="erasure", at=AT)
    (tmp_path / "secret.csv").write_text("a,b", encoding="utf-8")
    for reach in (
        f"from read_csv('{tmp_path}/secret.csv')",
        f"copy (select 1) to '{tmp_path}/leak.csv'",
        f"attach '{tmp_path}/w.duckdb' as w",
        "set enable_external_access = true",
        *([f"attach '{tmp_path}/p/b1/stamm.duckdb' as build"] if suppressing else []),
    ):
        with pytest.raises(duckdb.Error, match=r"disabled by configuration|Cannot enable"):
            ask(reach)
    assert not (tmp_path / "leak.csv").exists()


def test_what_an_unknown_contact_said_is_not_shown_while_somebody_is_suppressed(tmp_path, store):
    """No build tells whose the deleted contact r9 was, nor who clicked at an address without one.

    What P2 says as well, b@x.de, is P2's and is shown.
    """
    with open_warehouse(tmp_path / "w.duckdb") as con:
        con.execute(WAREHOUSE)
        con.execute(
            "insert into marts.fct_consent_events values "
            "('e4', 'mail', 'r9', 'gone@x.de'), ('e5', 'mail', 'r9', 'b@x.de'), "
            "('e6', 'mail', null, 'click@x.de'), ('e7', 'mail', null, 'b@x.de');"
            "insert into marts.consent_state values ('gone@x.de', 'given'), "
            "('click@x.de', 'withdrawn')"
        )
    publish(tmp_path / "w.duckdb", tmp_path / "p", build_id="b1", info={})

    def shown():
        with open_published(tmp_path / "p", tmp_path / "state.db") as con:
            events = con.sql("select consent_event_id from fct_consent_events order by 1")
            states = con.sql("select address from consent_state order by 1")
            return [[value for (value,) in rows.fetchall()] for rows in (events, states)]

    suppress_address(store, "else@x.de", reason="objection", at=AT)
    assert shown() == [
        ["e1", "e2", "e3", "e4", "e5", "e6", "e7"],
        ["a@x.de", "b@x.de", "c@x.de", "click@x.de", "gone@x.de"],
    ]
    suppress_party(store, "P1", reason="erasure", at=AT)
    assert shown() == [["e2", "e5", "e7"], ["b@x.de"]]


def test_what_was_told_over_the_api_of_a_suppressed_address_of_theirs_is_not_shown(tmp_path, store):
    """Such a statement names an address and no record, and its evidence names the person.

    Shown is what speaks for the golden address of somebody who may be seen, however it is spelled.
    What also is the golden address of a suppressed party goes: the words may be theirs.
    """
    with open_warehouse(tmp_path / "w.duckdb") as con:
        con.execute(WAREHOUSE)
        con.execute(
            "create or replace table golden.golden_parties as from (values"
            " ('P1', 'A@x.de', '+49 151 12'), ('P2', 'B@x.de', '0151 13'), ('P3', 'A@x.de', null))"
            " t(party_id, email, phone);"
            "create or replace table marts.fct_consent_events as select *, address || ' is Anna''s'"
            " as evidence from (values ('own', 'a@x.de'), ('number', '+4915112'),"
            " ('shown', 'b@x.de'), ('second', '015113'), ('nobody', 'n@x.de'))"
            " t(consent_event_id, address), (select null::varchar as record_id);"
            "create or replace table marts.consent_state as"
            " select address, 'given' as state from marts.fct_consent_events"
        )
    publish(tmp_path / "w.duckdb", tmp_path / "p", build_id="b1", info={})
    suppress_party(store, "P1", reason="erasure", at=AT)
    with open_published(tmp_path / "p", tmp_path / "state.db") as con:
        events = con.sql("select consent_event_id from fct_consent_events order by 1").fetchall()
        states = con.sql("select address from consent_state order by 1").fetchall()
    assert events == [("second",), ("shown",)]
    assert states == [("015113",), ("b@x.de",)]


def test_an_account_keeps_the_orders_of_a_contact_who_is_suppressed(ask, store):
    suppress_party(store, "P1", reason="erasure", at=AT)
    assert ask("from xref_account_parties order by all") == [
        ("l1", None, "P9"),
        ("l2", None, "P9"),
    ]


def test_a_suppressed_address_is_emptied_with_its_permission_and_its_copies(ask, store):
    suppress_address(store, "b@X.de", reason="objection", at=AT)
    suppress_address(store, "+49 151-12", reason="objection", at=AT)
    assert ask("from crm_outbox order by party_id") == [
        ("P1", "a@x.de", None, True, False),
        ("P2", None, "+4915113", False, True),
    ]
    assert ask("select party_id, email, attributes from dim_customer order by 1") == [
        ("P1", "a@x.de", '{"email": "a@x.de"}'),
        ("P2", None, "{}"),
    ]


def test_the_next_build_leaves_out_what_is_suppressed_and_the_feed_says_so(store, tmp_path):
    """Whoever opens the file itself, or follows the feed, learns of it with the next build."""
    with open_warehouse(tmp_path / "w.duckdb") as con:
        con.execute(WAREHOUSE)

    def publish_as(build_id):
        return release(
            tmp_path / "w.duckdb", tmp_path / "p", store, build_id=build_id, info={}, at=AT, keep=5
        )

    publish_as("b1")
    suppress_party(store, "P1", reason="erasure", at=AT)
    suppress_address(store, "b@x.de", reason="objection", at=AT)
    build = publish_as("b2")
    with open_warehouse(build.database, read_only=True) as con:
        assert con.sql("from golden_parties").fetchall() == [("P2", "Bea", None)]
        assert con.sql("select party_id, email from crm_outbox").fetchall() == [("P2", None)]
        parquet = build.folder / "parquet" / "dim_customer.parquet"
        assert con.read_parquet(str(parquet)).project("party_id, email, attributes").fetchall() == [
            ("P2", None, "{}")
        ]
    news = [(c.operation, c.party_id, c.fields) for c in read_changes(store, after=2)]
    assert news == [("DEL", "P1", {}), ("MOD", "P2", {"email": None})]


def test_the_history_of_a_suppressed_customer_stands_still_and_nothing_of_it_is_lost(
    store, tmp_path
):
    """Restriction means to keep without use; deletion is for an erasure, of all versions at once.

    The version that was open once vanished with the next build, while closed ones stayed.
    """
    with open_warehouse(tmp_path / "w.duckdb") as con:
        con.execute(WAREHOUSE)
        con.execute(
            "insert into marts.dim_customer values "
            "('P1', 'Anna', null, '{}', 'g', timestamp '2026-06-01', timestamp '2026-06-30')"
        )

    def histories_after(build_id):
        release(
            tmp_path / "w.duckdb", tmp_path / "p", store, build_id=build_id, info={}, at=AT, keep=5
        )
        rows = store.query("select party_id, valid_from, valid_to from customer_versions")
        return sorted(tuple(row) for row in rows)

    before = histories_after("b1")
    assert [(party, start[:10]) for party, start, _ in before] == [
        ("P1", "2026-06-01"),
        ("P1", "2026-06-30"),
        ("P2", "2026-06-30"),
    ]
    suppress_party(store, "P1", reason="restriction", at=AT)
    assert histories_after("b2") == before


def test_the_feed_keeps_no_value_of_a_suppressed_party_for_a_late_reader(store, tmp_path):
    with open_warehouse(tmp_path / "w.duckdb") as con:
        con.execute(WAREHOUSE)
    release(tmp_path / "w.duckdb", tmp_path / "p", store, build_id="b1", info={}, at=AT, keep=5)
    assert [c.fields["given_name"] for c in read_changes(store)] == ["Anna", "Bea"]
    suppress_party(store, "P1", reason="erasure", at=AT)
    assert [(c.party_id, c.fields.get("given_name")) for c in read_changes(store)] == [
        ("P1", None),
        ("P2", "Bea"),
    ]


def test_a_suppression_also_holds_after_a_rollback_to_a_build_before_it(ask, store, tmp_path):
    with open_warehouse(tmp_path / "w.duckdb") as con:
        con.execute("delete from marts.crm_outbox where party_id = 'P1'")
    suppress_party(store, "P1", reason="objection", at=AT)
    publish(tmp_path / "w.duckdb", tmp_path / "p", build_id="b2", info={})
    rollback(tmp_path / "p", "b1")
    assert ask("select party_id from crm_outbox") == [("P2",)]


def test_the_names_of_tables_are_listed_once_while_something_is_suppressed(ask, store):
    suppress_party(store, "P1", reason="erasure", at=AT)
    names = [name for (name,) in ask("show tables")]
    assert len(names) == len(set(names)) == 11
    assert "crm_outbox" in names


def test_a_merge_hands_a_suppression_on_and_an_older_build_knows_the_old_id(store):
    ids = run(store, "a b", 1)
    suppress_party(store, ids["b"], reason="erasure", at=AT + timedelta(days=1, hours=1))
    assert suppressed(store).parties == {ids["b"]}
    run(store, "ab", 2)
    assert suppressed(store).parties == {ids["a"], ids["b"]}


def test_a_split_after_the_suppression_frees_nobody(store):
    ids = run(store, "ab", 1)
    suppress_party(store, ids["a"], reason="erasure", at=AT + timedelta(days=1, hours=1))
    parted = run(store, "a b", 2)
    assert suppressed(store).parties == {ids["a"], parted["b"]}


def test_whoever_was_only_merged_with_them_for_a_time_is_free_again(store):
    """A run that a gate stopped had merged four people; the next one parted them."""
    ids = run(store, "a b c d", 1)
    suppress_party(store, ids["b"], reason="objection", at=AT + timedelta(days=1, hours=1))
    merged = run(store, "abcd", 2)
    assert set(merged.values()) < suppressed(store).parties
    parted = run(store, "a b c d", 3)
    assert suppressed(store).parties == {parted["b"]} == {ids["b"]}


def test_who_was_parted_before_the_suppression_stays_free(store):
    run(store, "ab", 1)
    parted = run(store, "a b", 2)
    suppress_party(store, parted["a"], reason="erasure", at=AT + timedelta(days=2, hours=1))
    assert suppressed(store).parties == {parted["a"]}


def test_the_next_run_is_told_of_every_id_that_a_suppression_reached(store):
    ids = run(store, "a b", 1)
    suppress_party(store, ids["b"], reason="erasure", at=AT + timedelta(days=1, hours=1))
    run(store, "ab", 2)
    with in_memory() as con:
        export_ops(con, store)
        rows = con.sql("select party_id, reason from ops.suppressions order by reason").fetchall()
    assert rows == [(ids["b"], "erasure"), (ids["a"], "merge or split")]
