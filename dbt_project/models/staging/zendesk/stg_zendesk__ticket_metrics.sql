-- One row per live metric set of a ticket of Zendesk, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'zendesk_ticket_metrics') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('ticket_id') }} as ticket_key,
        {{ moment('solved_at') }} as solved_at,
        {{ whole('reply_time_in_minutes.calendar') }} as first_reply_minutes,
        {{ whole('full_resolution_time_in_minutes.calendar') }} as resolution_minutes,
        {{ whole('reopens') }} as reopens,
        {{ whole('replies') }} as replies
    from source
)

select * from renamed
