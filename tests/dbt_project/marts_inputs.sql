-- The tables that marts are built on, empty, as docs/contracts.md fixes them.
create schema if not exists intermediate;
create schema if not exists golden;
create schema if not exists ops;
create schema if not exists scores;

create table intermediate.int_orders (
    source varchar, order_record_id varchar, order_number varchar, buyer_record_id varchar,
    organisation_record_id varchar, ordered_at timestamp, status varchar, channel varchar, currency varchar,
    amount_net decimal(18, 2), amount_net_eur decimal(18, 2), quote_record_id varchar, updated_at timestamp
);
create table intermediate.int_order_lines (
    source varchar, order_line_record_id varchar, order_record_id varchar, line_no integer, product_key varchar,
    product_name varchar, category varchar, quantity decimal(18, 3), amount_net decimal(18, 2),
    amount_net_eur decimal(18, 2), currency varchar
);
create table intermediate.int_invoices (
    source varchar, invoice_record_id varchar, invoice_number varchar, order_record_id varchar,
    buyer_record_id varchar, organisation_record_id varchar, invoiced_on date, kind varchar, is_cancelled boolean,
    currency varchar, amount_net decimal(18, 2), amount_net_eur decimal(18, 2), tax_amount_eur decimal(18, 2),
    is_cleared boolean
);
create table intermediate.int_quotes (
    source varchar, quote_record_id varchar, quote_number varchar, buyer_record_id varchar,
    organisation_record_id varchar, quoted_on date, valid_until date, status varchar, currency varchar,
    amount_net decimal(18, 2), amount_net_eur decimal(18, 2)
);
create table intermediate.int_tickets (
    source varchar, ticket_record_id varchar, requester_record_id varchar, organisation_record_id varchar,
    subject_length integer, type varchar, priority varchar, status varchar, channel varchar, created_at timestamp,
    updated_at timestamp, solved_at timestamp, first_reply_minutes integer, resolution_minutes integer,
    reopens integer
);
create table intermediate.int_email_events (
    source varchar, event_record_id varchar, contact_record_id varchar, campaign_record_id varchar, event varchar,
    occurred_at timestamp
);
create table intermediate.int_campaigns (
    source varchar, campaign_record_id varchar, campaign_key varchar, name varchar, subject varchar,
    status varchar, sent_at timestamp
);
create table intermediate.int_feedback (
    source varchar, feedback_record_id varchar, ticket_record_id varchar, respondent_record_id varchar,
    kind varchar, score integer, given_at timestamp
);
create table intermediate.int_consent_events (
    source varchar, consent_event_id varchar, record_id varchar, address varchar, channel varchar,
    purpose varchar, event varchar, occurred_at timestamp, evidence varchar
);
create table intermediate.int_spend_estimates (
    source varchar, record_id varchar, company_name varchar, vat_id varchar, postcode varchar, city varchar,
    estimated_annual_spend_eur decimal(18, 2), estimated_on date
);
create table intermediate.int_social_handles (
    source varchar, record_id varchar, network varchar, url varchar, observed_at timestamp, purpose varchar,
    legal_basis varchar, retention varchar
);
create table intermediate.int_parties__set_aside (
    record_id varchar, source varchar, stream varchar, reason varchar, rule varchar
);
create table intermediate.int_parties__match_input (
    record_id varchar, party_type varchar, company_name varchar, postcode varchar
);

create table golden.xref_parties (
    record_id varchar, party_id varchar, party_type varchar, source varchar, stream varchar, facet_of varchar
);
create table golden.golden_parties (
    party_id varchar, party_type varchar, title varchar, given_name varchar, family_name varchar,
    full_name varchar, company_name varchar, legal_form varchar, birth_date date, email varchar, phone varchar,
    street varchar, house_number varchar, postcode varchar, city varchar, country varchar, vat_id varchar,
    website_domain varchar, restricted boolean, records integer, sources varchar [], first_seen timestamp,
    last_seen timestamp, cohesion double
);
create table golden.golden_lineage (
    party_id varchar, attribute varchar, record_id varchar, rule varchar, observed_at timestamp, purpose varchar,
    legal_basis varchar, retention varchar
);
create table golden.golden_party_roles (
    person_party_id varchar, organisation_party_id varchar, role varchar, basis varchar,
    evidence varchar, evidence_record_id varchar, weight double
);
create table golden.golden_households (
    party_id varchar, household_id varchar, basis varchar, evidence varchar, evidence_record_id varchar
);
create table golden.golden_branches (
    party_id varchar, parent_party_id varchar, basis varchar, evidence varchar, evidence_record_id varchar,
    parent_record_id varchar, weight double
);
create table golden.retired_parties (party_id varchar, resolves_to varchar, retired_at timestamp);

create table ops.consent_events (
    consent_event_id varchar, record_id varchar, address varchar, channel varchar, purpose varchar, event varchar,
    occurred_at timestamp, evidence varchar
);
create table ops.customer_versions (
    party_id varchar, valid_from timestamp, valid_to timestamp, attributes_hash varchar, attributes varchar
);
create table ops.suppressions (party_id varchar, address varchar, reason varchar, since timestamp);
create table ops.party_events (
    seq bigint, run_id varchar, occurred_at timestamp, party_id varchar, event varchar, other_party_id varchar,
    cause varchar
);
create table ops.target_group_counts (
    target_group varchar, build_at timestamp, as_of date, condition varchar, members bigint, may_leave bigint,
    permission_email bigint, permission_sms bigint, permission_phone bigint, permission_post bigint
);

create schema if not exists quality;
create table quality.check_results (
    run_id varchar, checked_at timestamp, gate varchar, name varchar, severity varchar, table_name varchar,
    rule varchar, passed boolean, rows_checked bigint, rows_failed bigint, expected varchar, observed varchar
);
create table quality.figure_results (
    run_id varchar, gate varchar, subject varchar, figure varchar, rows bigint, value double, times_the_limit double
);

create table scores.purchase_scores (
    party_id varchar, customer_kind varchar, as_of date, probability_alive double, churn_missing_because varchar,
    expected_purchases double, expected_purchases_missing_because varchar, expected_value_eur decimal(18, 2),
    expected_value_missing_because varchar, clv_eur decimal(18, 2), clv_missing_because varchar,
    next_purchase_on date, next_purchase_missing_because varchar
);
create table scores.purchase_models (
    model varchar, customer_kind varchar, as_of date, customers bigint, repeat_buyers bigint,
    fitted_customers bigint, parameters varchar, standard_errors varchar, log_likelihood double, converged boolean,
    missing_because varchar, horizon_months integer, discount_rate double, holdout_days integer,
    holdout_customers bigint, holdout_purchases bigint, holdout_expected double,
    holdout_mean_absolute_error double, holdout_naive_error double, value_frequency_correlation double,
    quality varchar
);
