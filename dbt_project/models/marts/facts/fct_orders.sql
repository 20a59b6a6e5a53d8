-- One row per order.
with orders as (
    select * from {{ ref('int_orders') }}
),

final as (
    select
        order_record_id,
        source,
        order_number,
        {{ party_link_id('buyer_record_id', 'organisation_record_id') }} as party_link_id,
        buyer_record_id,
        organisation_record_id,
        quote_record_id,
        ordered_at,
        cast(ordered_at as date) as ordered_on,
        status,
        coalesce(channel, 'unknown') as channel,
        currency,
        amount_net,
        amount_net_eur
    from orders
)

select * from final
order by order_record_id
