-- One row per live customer address of Shopware 6, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'shopware_customer_addresses') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as address_key,
        {{ text('customerId') }} as customer_key,
        {{ text('company') }} as company_name,
        {{ text('street') }} as street,
        {{ text('zipcode') }} as postcode,
        {{ text('city') }} as city,
        {{ text('country.iso') }} as country,
        {{ text('phoneNumber') }} as phone,
        coalesce({{ moment('updatedAt') }}, {{ moment('createdAt') }}) as updated_at
    from source
)

select * from renamed
