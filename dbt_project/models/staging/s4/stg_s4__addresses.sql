-- One row per live address of a business partner of SAP S/4HANA, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 's4_addresses') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('BusinessPartner') }} as partner_key,
        {{ text('AddressID') }} as address_key,
        {{ text('StreetName') }} as street,
        {{ text('HouseNumber') }} as house_number,
        {{ text('HouseNumberSupplementText') }} as house_number_supplement,
        {{ text('PostalCode') }} as postcode,
        {{ text('CityName') }} as city,
        {{ text('Country') }} as country,
        {{ odata_moment('ValidityStartDate') }} as valid_from,
        {{ odata_moment('ValidityEndDate') }} as valid_to
    from source
)

select * from renamed
