-- One row per order of the shop, net of shipping.
select
    orders.record_id as order_record_id,
    orders.source,
    orders.order_number,
    -- A guest without a customer record, or one who was deleted, bought under the order's own party record.
    coalesce(customers.record_id, orders.record_id) as buyer_record_id,
    facets.record_id as organisation_record_id,
    orders.ordered_at,
    case orders.state
        when 'open' then 'open' when 'in_progress' then 'open'
        when 'completed' then 'done' when 'cancelled' then 'cancelled'
    end as status,
    'webshop' as channel,
    orders.currency,
    {{ shopware_goods_net('orders') }} as amount_net,
    coalesce(orders.updated_at, orders.ordered_at) as updated_at
from {{ ref('stg_shopware__orders') }} as orders
left join {{ ref('stg_shopware__customers') }} as customers using (source, customer_key)
left join {{ ref('int_parties__collected') }} as facets
    -- One key: with a condition on the orders alone beside it, every order is compared with every record.
    on case when orders.company_name is not null then coalesce(customers.record_id, orders.record_id) end = facets.facet_of
