-- One row per landed order line: whether the order it names has landed too. Carts, drafts and what sellers get of an order
-- have landed as orders, so that the lines which no fact holds on purpose are none at fault.
with orders as (
    select source, raw ->> '$.SalesOrder' as order_key from landing.s4_sales_orders
    union
    select source, raw ->> '$.id' from landing.shopware_orders
    union
    select source, raw ->> '$.id' from landing.tryton_sales
    union
    select source, raw ->> '$.id' from landing.vendure_orders
    union
    select source, key from landing.database_held_orders
),
lines as (
    select source, 'sales_order_items' as stream, record_id, raw ->> '$.SalesOrder' as order_key
    from landing.s4_sales_order_items
    union all
    select source, 'order_line_items', record_id, raw ->> '$.orderId' from landing.shopware_order_line_items
    union all
    select source, 'sale_lines', record_id, raw ->> '$.sale' from landing.tryton_sale_lines
    union all
    select source, 'order_lines', record_id, raw ->> '$.orderId' from landing.vendure_order_lines
    union all
    select source, stream, record_id, raw ->> '$.order_key' from landing.database_held_order_lines
)
select
    lines.source,
    lines.stream,
    lines.record_id,
    (orders.order_key is not null)::integer as has_order
from lines
left join orders on lines.source = orders.source and trim(lines.order_key) = trim(orders.order_key)
