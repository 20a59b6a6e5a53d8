-- One row per target group and build: how many were in it then, earlier builds from the operational store.
with today as (
    select
        target_group,
        build_at,
        as_of,
        condition,
        members,
        may_leave,
        permission_email,
        permission_sms,
        permission_phone,
        permission_post
    from {{ ref('target_groups') }}
),

-- What began at this very build is told anew by it.
earlier as (
    select * from {{ source('ops', 'target_group_counts') }}
    where build_at < {{ build_at() }}
),

told as (
    select * from earlier
    union all by name
    select * from today
),

final as (
    select
        concat(target_group, '@', build_at) as target_group_build_id,
        target_group,
        build_at,
        as_of,
        members,
        members - lag(members) over history as members_change,
        coalesce(condition <> lag(condition) over history, false) as is_redefined,
        may_leave,
        permission_email,
        permission_sms,
        permission_phone,
        permission_post,
        condition
    from told
    window history as (partition by target_group order by build_at)
)

select * from final
order by target_group, build_at
