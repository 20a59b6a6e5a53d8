-- One row per line of a confirmed sale of Tryton; titles, comments and subtotals are none.
select
    lines.record_id as order_line_record_id,
    lines.source,
    orders.order_record_id,
    row_number() over (
        partition by lines.source, lines.sale_key order by lines.sequence nulls last, lines.line_key
    ) as line_no,
    lines.product_key,
    lines.product_name,
    lines.quantity,
    lines.amount_net,
    orders.currency,
    orders.ordered_at
from {{ ref('stg_tryton__sale_lines') }} as lines
inner join {{ ref('stg_tryton__sales') }} as sales using (source, sale_key)
inner join {{ ref('int_orders__tryton') }} as orders on sales.record_id = orders.order_record_id
where lines.kind = 'line'
