-- One row per support ticket of any system with its times; the text of a ticket stays in landing.
with shape as (
    select
        null::varchar as ticket_record_id,
        null::varchar as source,
        null::varchar as requester_record_id,
        null::varchar as organisation_record_id,
        null::integer as subject_length,
        null::varchar as type,
        null::varchar as priority,
        null::varchar as status,
        null::varchar as channel,
        null::timestamp as created_at,
        null::timestamp as updated_at,
        null::timestamp as solved_at,
        null::integer as first_reply_minutes,
        null::integer as resolution_minutes,
        null::integer as reopens
    where false
)

select * from shape
{{ and_each('int_tickets', ['zendesk', 'rt', 'roundup']) }}
