-- One row per order line of the ERP or the webshop.
with erp as (
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
),

-- A shop shows its lines gross or net. Lines that add up to the gross total are brought to net by the order's own ratio.
shop_net_shares as (
    select
        orders.source,
        orders.order_key,
        case
            when abs(sum(lines.amount_total) - orders.amount_total) < abs(sum(lines.amount_total) - orders.amount_net)
                then orders.amount_net / nullif(orders.amount_total, 0)
            else 1
        end as net_share
    from {{ ref('stg_shopware__orders') }} as orders
    inner join {{ ref('stg_shopware__order_line_items') }} as lines using (source, order_key)
    group by orders.source, orders.order_key, orders.amount_total, orders.amount_net
),

shop as (
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
    inner join shop_net_shares as shares using (source, order_key)
),

together as (
    select * from erp
    union all by name
    select * from shop
)

select
    together.* exclude (ordered_at) replace (cast(together.line_no as integer) as line_no),
    {{ in_eur('together.amount_net', 'rates.eur_per_unit') }} as amount_net_eur
from together
asof left join {{ ref('exchange_rates') }} as rates
    on together.currency = rates.currency and year(together.ordered_at) >= rates.year
