-- Record ids are unique in every staging model: a doubled record would multiply rows in each join after it.
{% set models = [
    'stg_brevo__campaigns',
    'stg_brevo__contacts',
    'stg_brevo__events',
    'stg_brevo__lists',
    'stg_files__parties',
    'stg_files__spend_estimates',
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
    'stg_zendesk__organizations',
    'stg_zendesk__satisfaction_ratings',
    'stg_zendesk__ticket_metrics',
    'stg_zendesk__tickets',
    'stg_zendesk__users'
] %}

{% for model in models %}
    select '{{ model }}' as model, count(*) as records, count(distinct record_id) as ids
    from {{ ref(model) }}
    having count(*) <> count(distinct record_id)
    {% if not loop.last %}union all{% endif %}
{% endfor %}
