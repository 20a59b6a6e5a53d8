-- One row per live transaction of a ticket of Request Tracker, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'rt_transactions') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('ObjectId') }} as ticket_key,
        {{ text('Type') }} as kind,
        {{ text('Field') }} as field,
        {{ text('OldValue') }} as old_value,
        {{ text('NewValue') }} as new_value,
        {{ text('Creator.id') }} as creator_key,
        {{ moment('Created') }} as occurred_at
    from source
)

select * from renamed
