-- One row per customer of the shop, with or without an account, and per order whose customer was deleted.
with standing_addresses as (
    select distinct on (source, customer_key) * from {{ ref('stg_vendure__addresses') }}
    order by
        source, customer_key, is_default_billing desc, is_default_shipping desc,
        updated_at desc, try_cast(address_key as bigint)
),

-- The customer's own number first.
phone_lists as (
    select source, customer_key, list(phone order by first_place, phone) as phones
    from (
        select source, customer_key, phone, min(place) as first_place
        from (
            select source, customer_key, phone, 0 as place from {{ ref('stg_vendure__customers') }}
            union all
            select source, customer_key, phone, 1 as place from {{ ref('stg_vendure__addresses') }}
        ) as given
        where phone is not null
        group by all
    ) as distinct_phones
    group by all
),

customers as (
    select
        customers.record_id,
        customers.source,
        'vendure' as system,
        'customers' as stream,
        'person' as party_type,
        customers.title,
        customers.given_name,
        customers.family_name,
        case when customers.given_name is null and customers.family_name is null then addresses.full_name end as full_name,
        addresses.company_name,
        case when customers.email is null then [] else [customers.email] end as emails,
        phones.phones,
        {{ street_part('addresses.street') }} as street,
        {{ house_number_part('addresses.street') }} as house_number,
        addresses.postcode,
        addresses.city,
        addresses.country,
        customers.created_at,
        -- An address changes without its customer.
        greatest(customers.updated_at, customers.created_at, addresses.updated_at) as updated_at,
        false as restricted
    from {{ ref('stg_vendure__customers') }} as customers
    left join standing_addresses as addresses using (source, customer_key)
    left join phone_lists as phones using (source, customer_key)
),

-- A placed order outlives its customer, and has to be counted for somebody: for the name it was billed to.
strangers as (
    select
        orders.record_id,
        orders.source,
        'vendure' as system,
        'orders' as stream,
        'person' as party_type,
        orders.full_name,
        orders.company_name,
        case when orders.phone is null then [] else [orders.phone] end as phones,
        {{ street_part('orders.street') }} as street,
        {{ house_number_part('orders.street') }} as house_number,
        orders.postcode,
        orders.city,
        orders.country,
        orders.ordered_at as created_at,
        coalesce(orders.updated_at, orders.ordered_at) as updated_at,
        false as restricted
    from {{ ref('stg_vendure__orders') }} as orders
    anti join {{ ref('stg_vendure__customers') }} as customers
        on orders.source = customers.source and orders.customer_key = customers.customer_key
    where orders.ordered_at is not null and orders.kind <> 'Seller'
)

select * from customers
union all by name
select * from strangers
