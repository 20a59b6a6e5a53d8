-- One row per landed version of a subscribing or unsubscribing in Ghost, also of members that were deleted since.
with source as (select * from {{ source('landing', 'ghost_member_event_versions') }}),

renamed as (
    select
        record_id,
        source,
        fetched_at,
        version,
        {{ text('id') }} as event_key,
        {{ text('member_id') }} as member_key,
        {{ text('newsletter_id') }} as newsletter_key,
        {{ flag('subscribed') }} as is_subscribed,
        {{ text('source') }} as made_by,
        {{ moment('created_at') }} as occurred_at
    from source
)

select * from renamed
