-- One row per landed version of a member of Ghost, also of deleted ones: its address then, and whether it may be written to.
with source as (select * from {{ source('landing', 'ghost_member_versions') }}),

renamed as (
    select
        record_id,
        source,
        fetched_at,
        version,
        {{ text('id') }} as member_key,
        {{ text('email') }} as email,
        {{ flag('email_suppression.suppressed') }} as is_suppressed,
        {{ text('email_suppression.info.reason') }} as suppression_reason,
        {{ moment('email_suppression.info.timestamp') }} as suppressed_at
    from source
)

select * from renamed
