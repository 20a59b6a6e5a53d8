-- One row per live customer, also one who ordered without an account, of Vendure, typed and renamed; nothing joined,
-- nothing decided.
with source as (select * from {{ source('landing', 'vendure_customers') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as customer_key,
        {{ text('title') }} as title,
        {{ text('firstName') }} as given_name,
        {{ text('lastName') }} as family_name,
        {{ text('emailAddress') }} as email,
        {{ text('phoneNumber') }} as phone,
        {{ moment('createdAt') }} as created_at,
        {{ moment('updatedAt') }} as updated_at
    from source
)

select * from renamed
