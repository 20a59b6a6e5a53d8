-- One row per live campaign of Brevo, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'brevo_campaigns') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as campaign_key,
        {{ text('name') }} as name,
        {{ text('subject') }} as subject,
        {{ text('status') }} as status,
        {{ text('tag') }} as tag,
        {{ text('type') }} as kind,
        {{ moment('sentDate') }} as sent_at
    from source
)

select * from renamed
