-- One row per live address of a customer of Vendure, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'vendure_addresses') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as address_key,
        {{ text('customerId') }} as customer_key,
        {{ text('fullName') }} as full_name,
        {{ text('company') }} as company_name,
        {{ text('streetLine1') }} as street,
        {{ text('postalCode') }} as postcode,
        {{ text('city') }} as city,
        {{ text('country.code') }} as country,
        {{ text('phoneNumber') }} as phone,
        {{ flag('defaultBillingAddress') }} as is_default_billing,
        {{ flag('defaultShippingAddress') }} as is_default_shipping,
        {{ moment('createdAt') }} as created_at,
        {{ moment('updatedAt') }} as updated_at
    from source
)

select * from renamed
