-- One row per fact and currency: the difference in rows and in cents to what the sources sent, both exact.
with landed as (
    select 'orders' as fact, raw ->> '$.TransactionCurrency' as currency, raw ->> '$.TotalNetAmount' as amount
    from landing.s4_sales_orders
    union all
    select 'orders', raw ->> '$.currency.isoCode', raw ->> '$.amountNet' from landing.shopware_orders
    union all
    select 'invoices', raw ->> '$.TransactionCurrency', raw ->> '$.TotalNetAmount'
    from landing.s4_billing_documents
    union all
    select 'quotes', raw ->> '$.TransactionCurrency', raw ->> '$.TotalNetAmount' from landing.s4_quotations
),
totals as (
    select fact, currency, false as is_mart, try_cast(amount as decimal(18, 2)) as amount_net from landed
    union all
    select 'orders', currency, true, amount_net from marts.fct_orders
    union all
    select 'invoices', currency, true, amount_net from marts.fct_invoices
    union all
    select 'quotes', currency, true, amount_net from marts.fct_quotes
),
compared as (
    select
        fact || ' in ' || coalesce(currency, 'no currency') as subject,
        count_if(is_mart) as checked,
        abs(count_if(is_mart) - count_if(not is_mart)) as rows_apart,
        abs(coalesce(sum(amount_net) filter (where is_mart), 0)
            - coalesce(sum(amount_net) filter (where not is_mart), 0)) as amount_apart
    from totals
    group by fact, currency
)
-- Equal rows with unequal sums are at least one wrong row.
select subject, checked, greatest(rows_apart, (amount_apart <> 0)::bigint) as affected
from compared
order by subject
