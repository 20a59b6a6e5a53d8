-- One row per answer: CSAT (0 or 1) or NPS (0 to 10).
with feedback as (
    select * from {{ ref('int_feedback') }}
),

tickets as (
    select
        ticket_record_id,
        organisation_record_id
    from {{ ref('int_tickets') }}
),

final as (
    select
        feedback.feedback_record_id,
        feedback.source,
        {{ party_link_id('feedback.respondent_record_id', 'tickets.organisation_record_id') }} as party_link_id,
        feedback.respondent_record_id,
        tickets.organisation_record_id,
        feedback.ticket_record_id,
        feedback.kind,
        cast(feedback.score as integer) as score,
        feedback.given_at
    from feedback
    left join tickets on feedback.ticket_record_id = tickets.ticket_record_id
)

select * from final
order by feedback_record_id
