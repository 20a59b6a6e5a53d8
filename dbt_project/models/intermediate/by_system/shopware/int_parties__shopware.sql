-- One row per customer of the shop, and per order whose customer is not there: a guest without a record, or deleted.
with standard_addresses as (
    select distinct on (addresses.source, addresses.customer_key) addresses.*
    from {{ ref('stg_shopware__customer_addresses') }} as addresses
    left join {{ ref('stg_shopware__customers') }} as customers using (source, customer_key)
    order by
        addresses.source, addresses.customer_key,
        addresses.address_key = customers.default_address_key desc, addresses.address_key
),

phone_lists as (
    select source, customer_key, list(distinct phone order by phone) as phones
    from {{ ref('stg_shopware__customer_addresses') }}
    where phone is not null
    group by all
),

customers as (
    select
        customers.record_id,
        customers.source,
        'shopware' as system,
        'customers' as stream,
        'person' as party_type,
        customers.title,
        customers.given_name,
        customers.family_name,
        coalesce(customers.company_name, addresses.company_name) as company_name,
        customers.birth_date,
        case when customers.email is null then [] else [customers.email] end as emails,
        coalesce(phones.phones, []) as phones,
        {{ street_part('addresses.street') }} as street,
        {{ house_number_part('addresses.street') }} as house_number,
        addresses.postcode,
        addresses.city,
        addresses.country,
        customers.vat_id,
        customers.created_at,
        -- A move changes the address and leaves the customer's own moment as it was.
        greatest(customers.updated_at, customers.created_at, addresses.updated_at) as updated_at,
        false as restricted
    from {{ ref('stg_shopware__customers') }} as customers
    left join standard_addresses as addresses using (source, customer_key)
    left join phone_lists as phones using (source, customer_key)
),

-- A guest may order without any customer record, and an order outlives its customer: then it is the party record. Where
-- the customer was deleted the shop empties the order's key, but not the order's moment: the old key stays landed.
strangers as (
    select
        orders.record_id,
        orders.source,
        'shopware' as system,
        'orders' as stream,
        'person' as party_type,
        orders.given_name,
        orders.family_name,
        orders.company_name,
        case when orders.email is null then [] else [orders.email] end as emails,
        orders.ordered_at as created_at,
        coalesce(orders.updated_at, orders.ordered_at) as updated_at,
        false as restricted
    from {{ ref('stg_shopware__orders') }} as orders
    anti join {{ ref('stg_shopware__customers') }} as customers
        on orders.source = customers.source and orders.customer_key = customers.customer_key
)

select * from customers
union all by name
select * from strangers
