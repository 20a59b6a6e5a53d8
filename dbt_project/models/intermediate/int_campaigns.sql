-- One row per e-mail campaign of any system.
with shape as (
    select
        null::varchar as campaign_record_id,
        null::varchar as source,
        null::varchar as campaign_key,
        null::varchar as tag,
        null::varchar as name,
        null::varchar as subject,
        null::varchar as status,
        null::timestamp as sent_at
    where false
)

select * from shape
{{ and_each('int_campaigns', ['brevo', 'ghost']) }}
