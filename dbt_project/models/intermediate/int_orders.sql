-- One row per order of any system, with the party record that bought.
with shape as (
    select
        null::varchar as order_record_id,
        null::varchar as source,
        null::varchar as order_number,
        null::varchar as buyer_record_id,
        null::varchar as organisation_record_id,
        null::timestamp as ordered_at,
        null::varchar as status,
        null::varchar as channel,
        null::varchar as currency,
        null::decimal(18, 2) as amount_net,
        null::varchar as quote_record_id,
        null::timestamp as updated_at
    where false
),

together as (
    select * from shape
    {{ and_each('int_orders', ['s4', 'shopware', 'tryton', 'vendure', 'database']) }}
)

select
    together.*,
    {{ in_eur('together.amount_net', 'rates.eur_per_unit') }} as amount_net_eur
from together
asof left join {{ ref('exchange_rates') }} as rates
    on together.currency = rates.currency and year(together.ordered_at) >= rates.year
