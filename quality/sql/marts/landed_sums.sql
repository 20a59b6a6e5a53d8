-- One row per fact and currency: the difference in rows and in cents to what the sources sent, both exact.
with landed as (
    select 'orders' as fact, raw ->> '$.TransactionCurrency' as currency, raw ->> '$.TotalNetAmount' as amount
    from landing.s4_sales_orders
    union all
    -- Goods alone: a shop's totals hold the shipping, which is shown with its tax where prices are gross.
    select
        'orders', raw ->> '$.currency.isoCode',
        (
            try_cast(raw ->> '$.amountNet' as decimal(18, 2))
            - coalesce(try_cast(raw ->> '$.shippingCosts.totalPrice' as decimal(18, 2)), 0)
            + case
                when (raw ->> '$.taxStatus') = 'gross'
                    then coalesce(
                        list_sum(try_cast(raw ->> '$.shippingCosts.calculatedTaxes[*].tax' as decimal(18, 2)[])), 0
                    )
                else 0
            end
        )::varchar
    from landing.shopware_orders
    union all
    select 'invoices', raw ->> '$.TransactionCurrency', raw ->> '$.TotalNetAmount'
    from landing.s4_billing_documents
    union all
    select 'quotes', raw ->> '$.TransactionCurrency', raw ->> '$.TotalNetAmount' from landing.s4_quotations
    union all
    -- A sale is an order once it is confirmed; cancelled before, it was a quotation, if it ever had a number.
    select
        case
            when (raw ->> '$.state') = 'quotation' then 'quotes'
            when (raw ->> '$.state') = 'cancelled' and (raw ->> '$.sale_date.year') is null then 'quotes'
            else 'orders'
        end,
        raw ->> '$.currency.code', raw ->> '$.untaxed_amount.decimal'
    from landing.tryton_sales
    where (raw ->> '$.state') <> 'draft'
        and not (
            (raw ->> '$.state') = 'cancelled' and (raw ->> '$.sale_date.year') is null and (raw ->> '$.number') is null
        )
    union all
    select 'invoices', raw ->> '$.currency.code', raw ->> '$.untaxed_amount.decimal' from landing.tryton_invoices
    where (raw ->> '$.number') is not null and (raw ->> '$.invoice_date.year') is not null
    union all
    -- Cents; a cart has no moment of checkout, and a seller's part is in the whole order.
    select 'orders', raw ->> '$.currencyCode', ((raw ->> '$.subTotal')::bigint * 0.01)::varchar from landing.vendure_orders
    where (raw ->> '$.orderPlacedAt') is not null and (raw ->> '$.type') <> 'Seller'
    union all
    select 'orders', coalesce(nullif(trim(raw ->> '$.currency'), ''), 'EUR'), raw ->> '$.amount_net'
    from landing.database_held_orders
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
