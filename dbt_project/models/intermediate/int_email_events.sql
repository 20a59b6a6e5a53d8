-- One row per e-mail event of any system, with the contact and the campaign if they are known.
with shape as (
    select
        null::varchar as event_record_id,
        null::varchar as source,
        null::varchar as contact_record_id,
        null::varchar as campaign_record_id,
        null::varchar as event,
        null::timestamp as occurred_at
    where false
)

select * from shape
{{ and_each('int_email_events', ['brevo', 'ghost']) }}
