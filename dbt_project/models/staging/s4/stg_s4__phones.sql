-- One row per live phone number of an address of SAP S/4HANA, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 's4_phones') }}),

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
        {{ flag('IsDefaultPhoneNumber') }} as is_default,
        {{ text('PhoneNumber') }} as phone,
        {{ text('InternationalPhoneNumber') }} as international_phone,
        {{ text('DestinationLocationCountry') }} as country,
        {{ text('PhoneNumberType') }} as kind
    from source
)

select * from renamed
