-- One row per item of a sales order of the ERP.
select
    lines.record_id as order_line_record_id,
    lines.source,
    orders.record_id as order_record_id,
    lines.line_no,
    lines.product_key,
    lines.product_name,
    lines.category,
    lines.quantity,
    lines.amount_net,
    lines.currency,
    orders.ordered_at
from {{ ref('stg_s4__sales_order_items') }} as lines
inner join {{ ref('stg_s4__sales_orders') }} as orders using (source, order_number)
