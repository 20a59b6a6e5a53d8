-- One row per live customer account or guest of Shopware 6, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'shopware_customers') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as customer_key,
        {{ text('customerNumber') }} as customer_number,
        {{ flag('guest') }} as is_guest,
        {{ flag('active') }} as is_active,
        {{ text('title') }} as title,
        {{ text('firstName') }} as given_name,
        {{ text('lastName') }} as family_name,
        {{ text('company') }} as company_name,
        {{ text('vatIds[0]') }} as vat_id,
        {{ text('email') }} as email,
        {{ day('birthday') }} as birth_date,
        {{ text('defaultBillingAddressId') }} as default_address_key,
        {{ text('customFields.social_linkedin') }} as linkedin,
        {{ text('customFields.social_xing') }} as xing,
        {{ moment('createdAt') }} as created_at,
        {{ moment('updatedAt') }} as updated_at
    from source
)

select * from renamed
