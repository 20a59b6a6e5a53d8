-- One row per estimate of what a firm spends per year in our market.
with shape as (
    select
        null::varchar as record_id,
        null::varchar as source,
        null::varchar as company_name,
        null::varchar as vat_id,
        null::varchar as postcode,
        null::varchar as city,
        null::decimal(18, 2) as estimated_annual_spend_eur,
        null::date as estimated_on
    where false
)

select * from shape
{{ and_each('int_spend_estimates', ['files']) }}
