-- One row per customer of the shop, and per order of a guest who has no customer record.
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

-- A guest may order without any customer record: then the order itself is the party record.
guests as (
    select
        record_id,
        source,
        'shopware' as system,
        'orders' as stream,
        'person' as party_type,
        given_name,
        family_name,
        company_name,
        case when email is null then [] else [email] end as emails,
        ordered_at as created_at,
        coalesce(updated_at, ordered_at) as updated_at,
        false as restricted
    from {{ ref('stg_shopware__orders') }}
    where customer_key is null
)

select * from customers
union all by name
select * from guests
