-- One row per order, invoice and quotation: what a report by customer cannot do without.
with facts as (
    select source, 'orders' as stream, order_record_id as record_id, status as state, amount_net_eur,
        buyer_record_id, ordered_at::date as day
    from intermediate.int_orders
    union all
    select source, 'invoices', invoice_record_id, kind, amount_net_eur, buyer_record_id, invoiced_on
    from intermediate.int_invoices
    union all
    select source, 'quotes', quote_record_id, status, amount_net_eur, buyer_record_id, quoted_on
    from intermediate.int_quotes
)
select
    source,
    stream,
    record_id,
    (state is not null)::integer as has_state,
    (amount_net_eur is not null)::integer as has_amount,
    (buyer_record_id is not null)::integer as has_buyer,
    (day is not null)::integer as has_day
from facts
