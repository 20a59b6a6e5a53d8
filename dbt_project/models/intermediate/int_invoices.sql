-- One row per invoice of any system, credit memos included.
with shape as (
    select
        null::varchar as invoice_record_id,
        null::varchar as source,
        null::varchar as invoice_number,
        null::varchar as order_record_id,
        null::varchar as buyer_record_id,
        null::varchar as organisation_record_id,
        null::date as invoiced_on,
        null::varchar as kind,
        null::boolean as is_cancelled,
        null::varchar as currency,
        null::decimal(18, 2) as amount_net,
        null::decimal(18, 2) as tax_amount,
        null::boolean as is_cleared
    where false
),

together as (
    select * from shape
    {{ and_each('int_invoices', ['s4', 'tryton']) }}
)

select
    together.* exclude (tax_amount, is_cleared),
    {{ in_eur('together.amount_net', 'rates.eur_per_unit') }} as amount_net_eur,
    {{ in_eur('together.tax_amount', 'rates.eur_per_unit') }} as tax_amount_eur,
    together.is_cleared
from together
asof left join {{ ref('exchange_rates') }} as rates
    on together.currency = rates.currency and year(together.invoiced_on) >= rates.year
