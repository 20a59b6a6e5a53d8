"""What may leave now: the outbox as readers see it, and who lives, became another id or is gone."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from dedupe.identity import ledger
from dedupe.identity.constitution import Member
from privacy.consents import ConsentEvent, record_consent
from privacy.suppressions import suppress_address, suppress_party
from serving.api.later_consents import _LET_OUT_BY_ANY
from serving.api.views import Published
from serving.outgoing import outgoing
from serving.publish import publish
from stamm.duck import open_warehouse
from stamm.errors import PublishError
from stamm.store import Store
from tests.serving.empty_build import ASKED, create_tables

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
LATER = AT + timedelta(days=1)


CONTRACT = Path(__file__).parents[2] / "dbt_project" / "models" / "marts" / "customer"
NO_VALUE_OF_A_PERSON = {"party_id", "customer_kind", "lifecycle", "basis"}


def test_a_withdrawal_takes_every_cell_that_the_outbox_may_hold():
    models = yaml.safe_load((CONTRACT / "customer.yml").read_text(encoding="utf-8"))["models"]
    [outbox] = [model for model in models if model["name"] == "crm_outbox"]
    cells = {column["name"] for column in outbox["columns"]} - NO_VALUE_OF_A_PERSON
    permissions = {cell for cell in cells if cell.startswith("permission_")}
    assert cells - permissions == {*_LET_OUT_BY_ANY, "email", "phone"}


@pytest.fixture
def store(tmp_path):
    with closing(Store.open(tmp_path / "state.db")) as opened:
        yield opened


def write(con):
    """P1 and P2 may be sent, P3 may not; P4 is restricted; four more became others or nobody."""
    create_tables(con, ASKED)
    con.execute("""
        insert into golden.golden_parties by name
        select * from (values ('P1', 'a@x.de', false), ('P2', 'b@x.de', false),
            ('P3', null, false), ('P4', null, true)) t(party_id, email, restricted);
        insert into golden.retired_parties by name
        select * from (values ('P7', 'P4'), ('P8', 'P1'), ('P9', null)) t(party_id, resolves_to);
        insert into marts.crm_outbox by name
        select *, false as permission_sms, false as permission_phone, false as permission_post,
        from (values ('P1', 'contract', 'Anna', 'a@x.de', '+4930', true),
            ('P2', 'consent', 'Bea', 'b@x.de', null, true))
            t(party_id, basis, given_name, email, phone, permission_email);
        insert into golden.golden_lineage by name
        select * from (values ('P1', 'given_name', 'marketing'), ('P1', 'email', 'marketing'),
            ('P1', 'phone', 'contract'), ('P2', 'given_name', 'marketing'),
            ('P2', 'email', 'marketing')) t(party_id, attribute, purpose);
    """)


@pytest.fixture
def out(tmp_path, store):
    with open_warehouse(tmp_path / "w.duckdb") as con:
        write(con)
    publish(tmp_path / "w.duckdb", tmp_path / "p", build_id="b1", info={"as_of": "2026-06-30"})
    return lambda: outgoing(Published(tmp_path / "p", store).current(), store)


def filled(row):
    return {name: value for name, value in row.items() if value not in (None, False)}


def test_the_outbox_by_party_with_who_lives_and_who_became_whom(out):
    found = out()
    assert filled(found.rows["P1"]) == {
        "basis": "contract", "given_name": "Anna", "email": "a@x.de", "phone": "+4930",
        "permission_email": True,
    }  # fmt: skip
    assert set(found.columns) == found.rows["P1"].keys() == found.rows["P2"].keys()
    assert found.living == {"P1", "P2", "P3", "P4"}
    assert found.resolves == {"P7": "P4", "P8": "P1"}


def withdraw(store, address, channel="email"):
    record_consent(store, ConsentEvent(address, channel, "withdrawn", LATER, None))


def test_a_consent_withdrawn_since_takes_what_rested_on_it_alone(out, store):
    """Anna is known by a contract as well, but name and address were told for the newsletter."""
    withdraw(store, "A@x.de")
    found = out()
    assert filled(found.rows["P1"]) == {"basis": "contract", "phone": "+4930"}
    assert filled(found.rows["P2"])["email"] == "b@x.de"


def test_who_is_known_by_a_consent_only_leaves_with_it_and_lives(out, store):
    withdraw(store, "b@x.de")
    found = out()
    assert found.rows.keys() == {"P1"}
    assert "P2" in found.living


def test_a_consent_given_since_counts_where_the_address_may_leave_already(out, store):
    for address in ("a@x.de", "+4930", "b@x.de"):
        record_consent(store, ConsentEvent(address, "post", "granted", LATER, "a form"))
    assert [row["permission_post"] for row in out().rows.values()] == [True, True]
    withdraw(store, "b@x.de")
    row = out().rows["P2"]  # another channel still lets the name out, but not the mailbox
    assert filled(row) == {"basis": "consent", "given_name": "Bea", "permission_post": True}


def test_of_a_street_kept_as_digits_each_gives_for_herself_and_a_refusal_counts_for_all(
    tmp_path, store
):
    """Anna refused letters in January and Bea, of another street, allows them since the build."""
    with open_warehouse(tmp_path / "w.duckdb") as con:
        write(con)
        con.execute("""
            insert into golden.xref_parties by name
            select * from (values ('anna', 'P1'), ('bea', 'P2')) t(record_id, party_id);
            insert into marts.fct_consent_events by name
            select 'e1' as consent_event_id, 'api' as source, 'anna' as record_id,
                '150667' as address, 'post' as channel, 'marketing' as purpose,
                'withdrawn' as event, timestamp '2026-01-01' as occurred_at;
            insert into marts.consent_state by name
            select '150667' as address, 'post' as channel, 'marketing' as purpose,
                'withdrawn' as state, timestamp '2026-01-01' as decided_at;
        """)
    publish(tmp_path / "w.duckdb", tmp_path / "p", build_id="b1", info={"as_of": "2026-06-30"})

    def by_post():
        rows = outgoing(Published(tmp_path / "p", store).current(), store).rows
        return {party for party, row in rows.items() if row["permission_post"]}

    record_consent(store, ConsentEvent("150667", "post", "granted", AT, "a form", "bea"))
    assert by_post() == {"P2"}
    record_consent(store, ConsentEvent("Ring 1, 50667 Ulm", "post", "withdrawn", LATER, None))
    assert by_post() == set()


def test_who_was_erased_since_is_gone_and_who_objects_or_is_restricted_lives(out, store):
    suppress_party(store, "P1", reason="erasure", at=AT)
    suppress_party(store, "P2", reason="restriction", at=AT)
    suppress_party(store, "P3", reason="objection", at=AT)
    found = out()
    assert (found.rows, found.living) == ({}, {"P2", "P3", "P4"})
    assert "P8" not in found.resolves  # what became an erased customer is gone with it


def test_erasure_goes_before_any_other_reason(out, store):
    suppress_party(store, "P1", reason="objection", at=AT)
    suppress_party(store, "P1", reason="erasure", at=AT)
    assert "P1" not in out().living


def test_who_is_restricted_and_has_no_record_any_more_is_gone(out, store):
    born = datetime.fromisoformat("2020-01-01")
    first = ledger.record_run(store, [[Member("a", born)]], run_id="r1", at=AT)
    [party] = first.assignment.values()
    suppress_party(store, party, reason="restriction", at=AT + timedelta(hours=1))
    assert party in out().living
    ledger.record_run(store, [], run_id="r2", at=AT + timedelta(days=1))
    assert party not in out().living


def test_an_address_suppressed_since_is_taken_out_with_its_permission(out, store):
    suppress_address(store, "B@x.de", reason="objection", at=AT)
    assert filled(out().rows["P2"]) == {"basis": "consent", "given_name": "Bea"}


def test_without_a_build_nothing_may_leave(tmp_path, store):
    with pytest.raises(PublishError, match="expected a published build"):
        outgoing(Published(tmp_path / "p", store).current(), store)
