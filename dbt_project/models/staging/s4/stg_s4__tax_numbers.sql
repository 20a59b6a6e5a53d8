-- One row per live tax number of a business partner of SAP S/4HANA, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 's4_tax_numbers') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('BusinessPartner') }} as partner_key,
        {{ text('BPTaxType') }} as kind,
        {{ text('BPTaxNumber') }} as tax_number
    from source
)

select * from renamed
