-- One row per live e-mail address of an address of SAP S/4HANA, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 's4_emails') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('AddressID') }} as address_key,
        {{ text('Person') }} as person_key,
        {{ text('OrdinalNumber') }} as ordinal,
        {{ flag('IsDefaultEmailAddress') }} as is_default,
        {{ text('EmailAddress') }} as email
    from source
)

select * from renamed
