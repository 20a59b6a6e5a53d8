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

shop as (
    select
        lines.record_id as order_line_record_id,
        lines.source,
        orders.record_id as order_record_id,
        row_number() over (partition by lines.source, lines.order_key order by lines.line_key)
            as line_no,
        lines.product_key,
        lines.product_name,
        lines.category,
        lines.quantity,
        -- Shops show gross prices; the order's own ratio of net to gross gives the net amount.
        cast(lines.amount_total * coalesce(orders.amount_net / nullif(orders.amount_total, 0), 1)
            as decimal(18, 2)) as amount_net,
        orders.currency,
        orders.ordered_at
    from {{ ref('stg_shopware__order_line_items') }} as lines
    inner join {{ ref('stg_shopware__orders') }} as orders using (source, order_key)
),

together as (
    select * from erp
    union all by name
    select * from shop
)

select
    together.* exclude (ordered_at),
    {{ in_eur('together.amount_net', 'together.currency', 'rates.eur_per_unit') }} as amount_net_eur
from together
left join {{ ref('exchange_rates') }} as rates
    on together.currency = rates.currency and year(together.ordered_at) = rates.year
