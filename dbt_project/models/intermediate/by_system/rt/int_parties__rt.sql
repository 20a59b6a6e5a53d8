-- One row per user of Request Tracker. Nothing marks staff in what the API lists, but what they do does: they own
-- tickets, or act on tickets that they neither asked for nor are told of.
with asked as (
    select source, ticket_key, unnest(list_concat(requester_keys, copied_keys)) as user_key
    from {{ ref('stg_rt__tickets') }}
),

acted as (
    select transactions.source, transactions.creator_key as user_key
    from {{ ref('stg_rt__transactions') }} as transactions
    inner join {{ ref('stg_rt__tickets') }} using (source, ticket_key)
    anti join asked
        on transactions.source = asked.source and transactions.ticket_key = asked.ticket_key
            and transactions.creator_key = asked.user_key
    union
    select source, owner_key from {{ ref('stg_rt__tickets') }}
)

select
    users.record_id,
    users.source,
    'rt' as system,
    'users' as stream,
    'person' as party_type,
    -- A user is named after the mailbox when nobody gave a name.
    case when lower(users.full_name) <> lower(coalesce(users.email, '')) then users.full_name end as full_name,
    users.company_name,
    case when users.email is null then [] else [users.email] end as emails,
    list_filter([users.mobile_phone, users.work_phone], lambda number: number is not null) as phones,
    {{ street_part('users.street') }} as street,
    {{ house_number_part('users.street') }} as house_number,
    users.postcode,
    users.city,
    users.country,
    users.created_at,
    users.updated_at,
    false as restricted,
    case
        when users.user_key in ('Nobody', 'RT_System', 'root') then 'system_account'
        when acted.user_key is not null then 'staff'
    end as set_aside_rule
from {{ ref('stg_rt__users') }} as users
left join acted using (source, user_key)
