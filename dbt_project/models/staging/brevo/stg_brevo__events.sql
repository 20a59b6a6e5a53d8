-- One row per live e-mail event of Brevo, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'brevo_events') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('email') }} as email,
        {{ moment('date') }} as occurred_at,
        {{ text('event') }} as event,
        {{ text('messageId') }} as message_key,
        {{ text('link') }} as link,
        {{ text('tag') }} as tag
    from source
)

select * from renamed
