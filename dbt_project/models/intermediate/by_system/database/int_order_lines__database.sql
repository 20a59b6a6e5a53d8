-- One row per row of a declared table that holds order lines.
select
    lines.record_id as order_line_record_id,
    lines.source,
    orders.record_id as order_record_id,
    coalesce(lines.line_no, row_number() over (partition by lines.source, lines.order_key order by lines.record_key)) as line_no,
    lines.product_key,
    lines.product_name,
    lines.category,
    lines.quantity,
    lines.amount_net,
    orders.currency,
    orders.ordered_at
from {{ ref('stg_database__held_order_lines') }} as lines
inner join {{ ref('stg_database__held_orders') }} as orders
    on lines.source = orders.source and lines.order_key = orders.record_key
