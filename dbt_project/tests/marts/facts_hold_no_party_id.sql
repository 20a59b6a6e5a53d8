-- A fact that held a golden id would have to be rewritten after a merge or an unmerge.
select
    columns.table_name,
    columns.column_name
from information_schema.columns as columns
where
    columns.table_schema = '{{ ref("fct_orders").schema }}'
    and columns.table_name like 'fct_%'
    and columns.column_name like '%party_id'
-- depends on the other facts: {{ ref('fct_invoices') }}, {{ ref('fct_quotes') }}, {{ ref('fct_tickets') }},
-- {{ ref('fct_touchpoints') }}, {{ ref('fct_consent_events') }}
