-- One row per placed order of the shop. Carts and drafts are none; what sellers get of an order is counted in it already.
select
    orders.record_id as order_record_id,
    orders.source,
    orders.order_number,
    coalesce(customers.record_id, orders.record_id) as buyer_record_id,
    facets.record_id as organisation_record_id,
    orders.ordered_at,
    case
        when orders.state in ('Shipped', 'Delivered') then 'done'
        when orders.state = 'Cancelled' then 'cancelled'
        when orders.state in (
            'ArrangingPayment', 'PaymentAuthorized', 'PaymentSettled', 'PartiallyShipped', 'PartiallyDelivered',
            'Modifying', 'ArrangingAdditionalPayment'
        ) then 'open'
    end as status,
    'webshop' as channel,
    orders.currency,
    orders.amount_net,
    coalesce(orders.updated_at, orders.ordered_at) as updated_at
from {{ ref('stg_vendure__orders') }} as orders
left join {{ ref('stg_vendure__customers') }} as customers using (source, customer_key)
left join {{ ref('int_parties__collected') }} as facets
    -- One key: with a condition on the orders alone beside it, every order is compared with every record.
    on case when orders.company_name is not null then coalesce(customers.record_id, orders.record_id) end = facets.facet_of
where orders.ordered_at is not null and orders.kind <> 'Seller'
