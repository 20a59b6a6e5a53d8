-- One row per line of an order of the shop.
-- A shop shows its lines gross or net. Gross ones are brought to net by what the order's goods are worth net.
with net_shares as (
    select
        orders.source,
        orders.order_key,
        case
            when orders.tax_status in ('net', 'tax-free') then 1
            when
                orders.tax_status = 'gross'
                -- An order that does not say is shown like the total that its lines come nearer to.
                or abs(sum(lines.amount_total) - orders.amount_total) < abs(sum(lines.amount_total) - orders.amount_net)
                then coalesce({{ shopware_goods_net('orders') }} / nullif(sum(lines.amount_total), 0), 1)
            else 1
        end as net_share
    from {{ ref('stg_shopware__orders') }} as orders
    inner join {{ ref('stg_shopware__order_line_items') }} as lines using (source, order_key)
    group by
        orders.source, orders.order_key, orders.amount_total, orders.amount_net,
        orders.tax_status, orders.shipping_total, orders.shipping_tax
)

select
    lines.record_id as order_line_record_id,
    lines.source,
    orders.record_id as order_record_id,
    row_number() over (partition by lines.source, lines.order_key order by lines.line_key) as line_no,
    lines.product_key,
    lines.product_name,
    lines.category,
    lines.quantity,
    cast(lines.amount_total * shares.net_share as decimal(18, 2)) as amount_net,
    orders.currency,
    orders.ordered_at
from {{ ref('stg_shopware__order_line_items') }} as lines
inner join {{ ref('stg_shopware__orders') }} as orders using (source, order_key)
inner join net_shares as shares using (source, order_key)
