-- One row per live contact relation of a firm and a person of SAP S/4HANA, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 's4_contacts') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('BusinessPartnerCompany') }} as organisation_key,
        {{ text('BusinessPartnerPerson') }} as person_key,
        {{ flag('IsStandardRelationship') }} as is_standard,
        {{ text('to_ContactRelationship.ContactPersonFunction') }} as function,
        {{ text('to_ContactRelationship.ContactPersonDepartment') }} as department,
        {{ odata_day('ValidityEndDate') }} as valid_to
    from source
)

select * from renamed
