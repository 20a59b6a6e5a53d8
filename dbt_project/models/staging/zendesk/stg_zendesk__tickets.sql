-- One row per live ticket of Zendesk, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'zendesk_tickets') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as ticket_key,
        length({{ text('subject') }}) as subject_length,
        {{ text('type') }} as type,
        {{ text('priority') }} as priority,
        {{ text('status') }} as status,
        {{ text('requester_id') }} as requester_key,
        {{ text('organization_id') }} as organisation_key,
        {{ text('via.channel') }} as channel,
        try_cast(list_extract(list_transform(
            list_filter(try_cast(raw -> '$.custom_fields' as json[]), lambda f: f ->> '$.id' = '900001'),
            lambda f: f ->> '$.value'
        ), 1) as integer) as nps_score,
        {{ moment('created_at') }} as created_at,
        {{ moment('updated_at') }} as updated_at
    from source
)

select * from renamed
