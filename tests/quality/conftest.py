"""A small warehouse in which every check of every gate passes; tests break one thing in it."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from quality.gates import run_gate
from stamm.duck import in_memory
from stamm.store import Store

AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
PARTY_TABLES = (
    "s4_business_partners",
    "shopware_customers",
    "brevo_contacts",
    "zendesk_users",
    "zendesk_organizations",
    "files_parties",
    "tryton_parties",
    "vendure_customers",
    "ghost_members",
    "rt_users",
    "roundup_users",
)
DOCUMENT_TABLES = (
    "s4_sales_orders",
    "shopware_orders",
    "s4_billing_documents",
    "s4_quotations",
    "tryton_sales",
    "tryton_invoices",
    "vendure_orders",
)
LINE_TABLES = (
    "s4_sales_order_items",
    "shopware_order_line_items",
    "tryton_sale_lines",
    "vendure_order_lines",
)
DECLARED_TABLES = ("database_held_parties", "database_held_orders", "database_held_order_lines")
SOUND = """
create schema landing; create schema intermediate; create schema golden; create schema marts;
create schema ops;
create table landing.all_loads as select 'erp' as source, 's4' as system,
    'business_partners' as stream, 'L1' as load_id, 'full' as mode, 2::bigint as rows,
    2::bigint as upserts, 0::bigint as deletes, 0::bigint as duplicates, 0::bigint as rejected,
    2::bigint as server_total;
create table landing.all_rejected (source varchar, system varchar, stream varchar,
    load_id varchar, seq bigint, rule varchar, reason varchar);
create table landing.all_tombstones (source varchar, system varchar, stream varchar,
    record_id varchar, load_id varchar);
create table landing.all_dropped (source varchar, system varchar, stream varchar,
    record_id varchar);
create table landing.stream_basis as select 's4' as system, 'business_partners' as stream,
    '*' as field_group, 'contract' as purpose, 'Art. 6 (1) b' as legal_basis,
    'customer_master' as retention;
insert into landing.s4_business_partners values ('erp', 'r1', '1', '{}'), ('erp', 'r2', '2', '{}');
create table intermediate.int_parties__match_input as from (values
    ('r1', 'erp', 'business_partners', 'person', date '1985-02-07', 'DE'))
    as t(record_id, source, stream, party_type, birth_date, country);
alter table intermediate.int_parties__match_input add column purpose varchar default 'contract';
alter table intermediate.int_parties__match_input add column legal_basis varchar default 'b';
alter table intermediate.int_parties__match_input add column retention varchar default 'master';
alter table intermediate.int_parties__match_input add column emails varchar[] default ['a@b.de'];
alter table intermediate.int_parties__match_input add column phones varchar[] default [];
alter table intermediate.int_parties__match_input add column family_name varchar default 'Roth';
alter table intermediate.int_parties__match_input add column given_name varchar;
alter table intermediate.int_parties__match_input add column full_name varchar;
alter table intermediate.int_parties__match_input add column company_name varchar;
alter table intermediate.int_parties__match_input add column vat_id varchar;
alter table intermediate.int_parties__match_input add column street varchar;
alter table intermediate.int_parties__match_input add column postcode varchar;
alter table intermediate.int_parties__match_input add column city varchar;
alter table intermediate.int_parties__match_input add column facet_of varchar;
create table intermediate.int_parties__set_aside as select 'r2' as record_id, 'erp' as source,
    'business_partners' as stream, 'test' as reason, 'test_record' as rule;
create table golden.xref_parties as select 'r1' as record_id, 'P1' as party_id;
create table golden.golden_parties as select 'P1' as party_id, null::varchar as title,
    'Anna' as given_name, 'Roth' as family_name, null::varchar as full_name,
    null::varchar as company_name, null::varchar as legal_form, date '1985-02-07' as birth_date,
    null::varchar as email, null::varchar as phone, null::varchar as street,
    null::varchar as house_number, null::varchar as postcode, null::varchar as city,
    'DE' as country, null::varchar as vat_id, null::varchar as website_domain,
    'person' as party_type, 1 as records, ['erp'] as sources, null::double as cohesion,
    false as restricted;
create table golden.golden_lineage as select 'P1' as party_id, unnest(
    ['given_name', 'family_name', 'birth_date', 'country']) as attribute, 'r1' as record_id,
    'contract' as purpose, 'Art. 6 (1) b' as legal_basis, 'customer_master' as retention;
create table golden.retired_parties as select 'P0' as party_id, 'P1' as resolves_to;
create table marts.dim_customer as select 'P1' as party_id, true as is_current;
create table marts.customer_360 as select 'P1' as party_id,
    10.10::decimal(18, 2) as order_value_eur, date '2026-06-30' as as_of;
create table marts.xref_account_parties as select 'l1' as party_link_id, 'r1' as acting_record_id,
    'P1' as account_party_id;
create table marts.crm_outbox as select 'P1' as party_id, 'Anna@x.de' as email,
    '+49 151 22' as phone;
create table ops.suppressions (party_id varchar, address varchar, reason varchar,
    since timestamp);
"""
FACTS = {
    "order": "ordered_at",
    "order_line": None,
    "invoice": "invoiced_on",
    "quote": "quoted_on",
    "ticket": "created_at",
    "email_event": "occurred_at",
    "feedback": "given_at",
    "consent_event": "occurred_at",
}


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "state.db")
    yield opened
    opened.close()


@pytest.fixture
def con():
    with in_memory() as opened:
        opened.execute("create schema landing")
        columns = "source varchar, record_id varchar, key varchar, raw varchar"
        for table in (*PARTY_TABLES, *DOCUMENT_TABLES, *LINE_TABLES):
            opened.execute(f"create table landing.{table} ({columns})")
        for table in DECLARED_TABLES:
            opened.execute(f"create table landing.{table} (stream varchar, {columns})")
        opened.execute(SOUND.replace("create schema landing;", ""))
        for fact, moment in FACTS.items():
            name = fact if fact == "feedback" else f"{fact}s"
            key = "event_record_id" if fact == "email_event" else f"{fact}_record_id"
            when = f", timestamp '2026-06-29 10:00' as {moment}" if moment else ""
            row = (
                f"select 'f1' as {key}, 10.10::decimal(18,2) as amount_net, "
                f"'EUR' as currency, amount_net as amount_net_eur, 'erp' as source, "
                f"'done' as status, 'invoice' as kind, 'r1' as buyer_record_id, "
                f"'r1' as requester_record_id, 'opened' as event, "
                f"'l1' as party_link_id{when}"
            )
            opened.execute(f"create table marts.fct_{name} as {row}")
            opened.execute(f"create table intermediate.int_{name} as {row}")
        for table in ("s4_sales_orders", "s4_billing_documents", "s4_quotations"):
            opened.execute(
                f"insert into landing.{table} values ('erp', 'd1', '1', "
                '\'{"TotalNetAmount": "10.10", "TransactionCurrency": "EUR"}\')'
            )
        yield opened


@pytest.fixture
def gate(con, store):
    """Run a gate by name; `bounds` replaces thresholds."""

    def run(name, *, run_id="run1", at=AT, **bounds):
        thresholds = SimpleNamespace(
            **{"rejected_share": 0.02, "largest_cluster": 3, "stops": (), **bounds}
        )
        return run_gate(name, con, store, run_id=run_id, at=at, thresholds=thresholds)

    return run
