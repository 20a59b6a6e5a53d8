-- One row per ticket of Request Tracker, for the first who asked. The first answer is the first mail by somebody else
-- than those who asked.
with requesters as (
    select source, ticket_key, unnest(requester_keys) as user_key from {{ ref('stg_rt__tickets') }}
),

written as (
    select transactions.source, transactions.ticket_key, transactions.occurred_at
    from {{ ref('stg_rt__transactions') }} as transactions
    anti join requesters
        on transactions.source = requesters.source and transactions.ticket_key = requesters.ticket_key
            and transactions.creator_key = requesters.user_key
    where transactions.kind = 'Correspond'
),

answers as (
    select source, ticket_key, min(occurred_at) as answered_at from written group by all
),

reopened as (
    select source, ticket_key, count(*) as reopens
    from {{ ref('stg_rt__transactions') }}
    where kind = 'Status' and old_value in ('resolved', 'rejected') and new_value not in ('resolved', 'rejected', 'deleted')
    group by all
),

moved as (
    select source, ticket_key, max(occurred_at) as moved_at
    from {{ ref('stg_rt__transactions') }} where kind = 'Status' group by all
),

-- Each state in which a ticket is over sets the moment anew, and no other clears it. The change itself is noted a little
-- later, in well under a minute.
states as (
    select
        tickets.source,
        tickets.ticket_key,
        case
            when tickets.status = 'new' then 'new'
            when tickets.status = 'open' then 'open'
            when tickets.status = 'stalled' then 'pending'
            when tickets.status = 'resolved' then 'solved'
            when tickets.status = 'rejected' then 'closed'
            -- Queues may have states of their own; one that is over came last at its moment.
            when tickets.resolved_at is null or moved.moved_at > tickets.resolved_at + interval 1 minute then 'open'
            else 'solved'
        end as status
    from {{ ref('stg_rt__tickets') }} as tickets
    left join moved using (source, ticket_key)
)

select
    tickets.record_id as ticket_record_id,
    tickets.source,
    users.record_id as requester_record_id,
    tickets.subject_length,
    tickets.priority,
    states.status,
    tickets.created_at,
    tickets.updated_at,
    case when states.status in ('solved', 'closed') then tickets.resolved_at end as solved_at,
    cast(date_diff('minute', tickets.created_at, answers.answered_at) as integer) as first_reply_minutes,
    cast(date_diff('minute', tickets.created_at, solved_at) as integer) as resolution_minutes,
    cast(coalesce(reopened.reopens, 0) as integer) as reopens
from {{ ref('stg_rt__tickets') }} as tickets
inner join states using (source, ticket_key)
left join {{ ref('stg_rt__users') }} as users
    on tickets.source = users.source and tickets.requester_keys[1] = users.user_key
left join answers on tickets.source = answers.source and tickets.ticket_key = answers.ticket_key
left join reopened on tickets.source = reopened.source and tickets.ticket_key = reopened.ticket_key
