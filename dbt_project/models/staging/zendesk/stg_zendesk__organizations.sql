-- One row per live organisation of Zendesk, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'zendesk_organizations') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as organisation_key,
        {{ text('name') }} as company_name,
        {{ text('domain_names[0]') }} as domain,
        {{ moment('created_at') }} as created_at,
        {{ moment('updated_at') }} as updated_at
    from source
)

select * from renamed
