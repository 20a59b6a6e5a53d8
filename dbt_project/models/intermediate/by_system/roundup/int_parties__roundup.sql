-- One row per user of the tracker. Who writes in by mail becomes a user with the role User; any other role, or an
-- issue to work on, makes somebody staff.
with assigned as (
    select distinct source, assignee_key as user_key from {{ ref('stg_roundup__issues') }}
    where assignee_key is not null
)

select
    users.record_id,
    users.source,
    'roundup' as system,
    'users' as stream,
    'person' as party_type,
    -- A user is named after the mailbox when nobody gave a name.
    case when lower(users.full_name) <> lower(split_part(coalesce(users.email, ''), '@', 1))
        then users.full_name end as full_name,
    users.company_name,
    list_concat(case when users.email is null then [] else [users.email] end, users.other_emails) as emails,
    case when users.phone is null then [] else [users.phone] end as phones,
    users.created_at,
    users.updated_at,
    false as restricted,
    case
        when list_contains(users.roles, 'anonymous') or users.username in ('admin', 'anonymous') then 'system_account'
        when len(list_filter(users.roles, lambda role: role not in ('', 'user'))) > 0
            or assigned.user_key is not null then 'staff'
    end as set_aside_rule
from {{ ref('stg_roundup__users') }} as users
left join assigned using (source, user_key)
