-- One row per line of a placed order of the shop.
select
    lines.record_id as order_line_record_id,
    lines.source,
    orders.record_id as order_record_id,
    row_number() over (partition by lines.source, lines.order_key order by lines.line_key) as line_no,
    lines.product_key,
    lines.product_name,
    lines.quantity,
    lines.amount_net,
    orders.currency,
    orders.ordered_at
from {{ ref('stg_vendure__order_lines') }} as lines
inner join {{ ref('stg_vendure__orders') }} as orders using (source, order_key)
where orders.ordered_at is not null and orders.kind <> 'Seller'
