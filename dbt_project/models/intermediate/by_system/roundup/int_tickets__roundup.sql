-- One row per issue of the tracker, for whoever wrote its first message, else for who entered it. The first answer is the
-- first message by somebody else.
with named as (
    select source, issue_key, unnest(message_keys) as message_key from {{ ref('stg_roundup__issues') }}
),

written as (
    select named.source, named.issue_key, messages.author_key, messages.written_at, messages.message_key
    from named
    inner join {{ ref('stg_roundup__messages') }} as messages using (source, message_key)
),

begun as (
    select distinct on (source, issue_key) * from written
    order by source, issue_key, written_at, try_cast(message_key as bigint)
),

answers as (
    select written.source, written.issue_key, begun.written_at as asked_at, min(written.written_at) as answered_at
    from written
    inner join begun using (source, issue_key)
    where written.author_key <> begun.author_key and written.written_at >= begun.written_at
    group by all
),

issues as (
    select
        issues.*,
        case
            when statuses.name = 'unread' then 'new'
            when statuses.name = 'deferred' then 'pending'
            when statuses.name in ('resolved', 'done-cbb', 'closed', 'done') then 'solved'
            else 'open'
        end as status
    from {{ ref('stg_roundup__issues') }} as issues
    left join {{ ref('stg_roundup__statuses') }} as statuses using (source, status_key)
)

select
    issues.record_id as ticket_record_id,
    issues.source,
    users.record_id as requester_record_id,
    cast(issues.subject_length as integer) as subject_length,
    issues.status,
    issues.created_at,
    issues.updated_at,
    -- The day it was solved is not told: it is that of the last change.
    case when issues.status = 'solved' then issues.updated_at end as solved_at,
    cast(date_diff('minute', answers.asked_at, answers.answered_at) as integer) as first_reply_minutes,
    case when issues.status = 'solved'
        then cast(date_diff('minute', issues.created_at, issues.updated_at) as integer) end as resolution_minutes
from issues
left join begun on issues.source = begun.source and issues.issue_key = begun.issue_key
left join answers on issues.source = answers.source and issues.issue_key = answers.issue_key
left join {{ ref('stg_roundup__users') }} as users
    on issues.source = users.source and coalesce(begun.author_key, issues.creator_key) = users.user_key
