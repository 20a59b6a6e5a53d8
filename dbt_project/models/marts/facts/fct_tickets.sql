-- One row per support ticket.
with tickets as (
    select * from {{ ref('int_tickets') }}
),

final as (
    select
        ticket_record_id,
        source,
        {{ party_link_id('requester_record_id', 'organisation_record_id') }} as party_link_id,
        requester_record_id,
        organisation_record_id,
        type as ticket_type,
        priority,
        status,
        coalesce(status, 'unknown') not in ('solved', 'closed') as is_open,
        coalesce(channel, 'unknown') as channel,
        created_at,
        solved_at,
        cast(first_reply_minutes as integer) as first_reply_minutes,
        cast(resolution_minutes as integer) as resolution_minutes,
        cast(reopens as integer) as reopens,
        cast(subject_length as integer) as subject_length
    from tickets
)

select * from final
order by ticket_record_id
