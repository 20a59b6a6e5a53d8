-- One row per live business partner of SAP S/4HANA, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 's4_business_partners') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('BusinessPartner') }} as partner_key,
        {{ text('BusinessPartnerCategory') }} as category,
        {{ text('BusinessPartnerFullName') }} as full_name,
        {{ text('FirstName') }} as given_name,
        {{ text('MiddleName') }} as middle_name,
        {{ text('LastName') }} as family_name,
        {{ s4_academic_title('AcademicTitle') }} as title,
        {{ text('OrganizationBPName1') }} as organisation_name_1,
        {{ text('OrganizationBPName2') }} as organisation_name_2,
        {{ text('LegalForm') }} as legal_form_code,
        {{ odata_day('BirthDate') }} as birth_date,
        {{ flag('BusinessPartnerIsBlocked') }} as is_blocked,
        {{ flag('IsMarkedForArchiving') }} as is_archived,
        {{ odata_moment('CreationDate') }} + {{ odata_time('CreationTime') }} as created_at,
        coalesce(
            {{ odata_moment('LastChangeDate') }} + {{ odata_time('LastChangeTime') }},
            {{ odata_moment('CreationDate') }} + {{ odata_time('CreationTime') }}
        ) as updated_at
    from source
)

select * from renamed
