-- One row per live satisfaction rating of Zendesk, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'zendesk_satisfaction_ratings') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('ticket_id') }} as ticket_key,
        {{ text('requester_id') }} as requester_key,
        {{ text('score') }} as score,
        {{ moment('created_at') }} as created_at,
        {{ moment('updated_at') }} as updated_at
    from source
)

select * from renamed
