-- One row per live spend estimate of a firm of files, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'files_spend_estimates') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('company_name') }} as company_name,
        {{ text('vat_id') }} as vat_id,
        {{ text('postcode') }} as postcode,
        {{ text('city') }} as city,
        {{ money('estimated_annual_spend_eur') }} as estimated_annual_spend_eur,
        {{ written_day('estimated_on') }} as estimated_on
    from source
)

select * from renamed
