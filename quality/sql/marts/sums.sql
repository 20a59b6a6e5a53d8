-- One row per fact: the difference in rows and in cents to the model it comes from, both exact.
with totals as (
    select 'orders' as subject, true as is_mart, amount_net_eur from marts.fct_orders
    union all
    select 'orders', false, amount_net_eur from intermediate.int_orders
    union all
    select 'order_lines', true, amount_net_eur from marts.fct_order_lines
    union all
    select 'order_lines', false, amount_net_eur from intermediate.int_order_lines
    union all
    select 'invoices', true, amount_net_eur from marts.fct_invoices
    union all
    select 'invoices', false, amount_net_eur from intermediate.int_invoices
    union all
    select 'quotes', true, amount_net_eur from marts.fct_quotes
    union all
    select 'quotes', false, amount_net_eur from intermediate.int_quotes
),
compared as (
    select
        subject,
        count_if(is_mart) as checked,
        abs(count_if(is_mart) - count_if(not is_mart)) as rows_apart,
        abs(coalesce(sum(amount_net_eur) filter (where is_mart), 0)
            - coalesce(sum(amount_net_eur) filter (where not is_mart), 0)) as euros_apart
    from totals
    group by subject
)
-- Equal rows with unequal sums are at least one wrong row.
select subject, checked, greatest(rows_apart, (euros_apart <> 0)::bigint) as affected
from compared
order by subject
