-- Record ids are unique in every staging model: a doubled record would multiply rows in each join after it.
{% set models = [
    'stg_brevo__campaigns',
    'stg_brevo__contacts',
    'stg_brevo__events',
    'stg_brevo__lists',
    'stg_database__held_order_lines',
    'stg_database__held_orders',
    'stg_database__held_parties',
    'stg_files__parties',
    'stg_files__spend_estimates',
    'stg_ghost__members',
    'stg_ghost__newsletters',
    'stg_roundup__issues',
    'stg_roundup__messages',
    'stg_roundup__statuses',
    'stg_roundup__users',
    'stg_rt__tickets',
    'stg_rt__transactions',
    'stg_rt__users',
    'stg_s4__addresses',
    'stg_s4__billing_documents',
    'stg_s4__billing_items',
    'stg_s4__business_partners',
    'stg_s4__contacts',
    'stg_s4__emails',
    'stg_s4__phones',
    'stg_s4__quotations',
    'stg_s4__sales_order_items',
    'stg_s4__sales_order_partners',
    'stg_s4__sales_orders',
    'stg_s4__tax_numbers',
    'stg_shopware__customer_addresses',
    'stg_shopware__customers',
    'stg_shopware__order_line_items',
    'stg_shopware__orders',
    'stg_tryton__addresses',
    'stg_tryton__contact_mechanisms',
    'stg_tryton__identifiers',
    'stg_tryton__invoices',
    'stg_tryton__parties',
    'stg_tryton__sale_lines',
    'stg_tryton__sales',
    'stg_vendure__addresses',
    'stg_vendure__customers',
    'stg_vendure__order_lines',
    'stg_vendure__orders',
    'stg_zendesk__organizations',
    'stg_zendesk__satisfaction_ratings',
    'stg_zendesk__ticket_metrics',
    'stg_zendesk__tickets',
    'stg_zendesk__users'
] %}

-- The first line has no rows; it is there so that each system may be left out.
select '' as model, 0 as records, 0 as ids where false
{% for model in models if model.removeprefix('stg_').split('__')[0] in var('systems') %}
    union all
    select '{{ model }}' as model, count(*) as records, count(distinct record_id) as ids
    from {{ ref(model) }}
    having count(*) <> count(distinct record_id)
{% endfor %}
