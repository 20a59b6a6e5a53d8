-- One row per answer: CSAT 1 good or 0 bad, NPS 0 to 10.
with shape as (
    select
        null::varchar as feedback_record_id,
        null::varchar as source,
        null::varchar as ticket_record_id,
        null::varchar as respondent_record_id,
        null::varchar as kind,
        null::integer as score,
        null::timestamp as given_at
    where false
)

select * from shape
{{ and_each('int_feedback', ['zendesk']) }}
