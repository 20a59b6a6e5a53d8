-- One row per order line of any system.
with shape as (
    select
        null::varchar as order_line_record_id,
        null::varchar as source,
        null::varchar as order_record_id,
        null::bigint as line_no,
        null::varchar as product_key,
        null::varchar as product_name,
        null::varchar as category,
        null::decimal(18, 3) as quantity,
        null::decimal(18, 2) as amount_net,
        null::varchar as currency,
        null::timestamp as ordered_at
    where false
),

together as (
    select * from shape
    {{ and_each('int_order_lines', ['s4', 'shopware', 'tryton', 'vendure', 'database']) }}
)

select
    together.* exclude (ordered_at) replace (together.line_no::integer as line_no),
    {{ in_eur('together.amount_net', 'rates.eur_per_unit') }} as amount_net_eur
from together
asof left join {{ ref('exchange_rates') }} as rates
    on together.currency = rates.currency and year(together.ordered_at) >= rates.year
