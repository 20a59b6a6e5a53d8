-- One row per ticket of Zendesk with its times; the text of a ticket stays in landing.
select
    tickets.record_id as ticket_record_id,
    tickets.source,
    users.record_id as requester_record_id,
    organisations.record_id as organisation_record_id,
    cast(tickets.subject_length as integer) as subject_length,
    tickets.type,
    tickets.priority,
    tickets.status,
    tickets.channel,
    tickets.created_at,
    tickets.updated_at,
    metrics.solved_at,
    cast(metrics.first_reply_minutes as integer) as first_reply_minutes,
    cast(metrics.resolution_minutes as integer) as resolution_minutes,
    cast(metrics.reopens as integer) as reopens
from {{ ref('stg_zendesk__tickets') }} as tickets
left join {{ ref('stg_zendesk__users') }} as users
    on tickets.source = users.source and tickets.requester_key = users.user_key
left join {{ ref('stg_zendesk__organizations') }} as organisations
    on tickets.source = organisations.source
        and tickets.organisation_key = organisations.organisation_key
left join {{ ref('stg_zendesk__ticket_metrics') }} as metrics
    on tickets.source = metrics.source and tickets.ticket_key = metrics.ticket_key
