-- One row per quotation of any system.
with shape as (
    select
        null::varchar as quote_record_id,
        null::varchar as source,
        null::varchar as quote_number,
        null::varchar as buyer_record_id,
        null::varchar as organisation_record_id,
        null::date as quoted_on,
        null::date as valid_until,
        null::varchar as status,
        null::varchar as currency,
        null::decimal(18, 2) as amount_net
    where false
),

together as (
    select * from shape
    {{ and_each('int_quotes', ['s4', 'tryton']) }}
)

select
    together.*,
    {{ in_eur('together.amount_net', 'rates.eur_per_unit') }} as amount_net_eur
from together
asof left join {{ ref('exchange_rates') }} as rates
    on together.currency = rates.currency and year(together.quoted_on) >= rates.year
