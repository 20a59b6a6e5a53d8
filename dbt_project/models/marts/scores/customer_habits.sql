-- One row per current customer who acted in the two years to the as-of date: by which channel, at which local hour.
with actions as (
    select
        links.account_party_id as party_id,
        touches.kind,
        touches.channel,
        touches.touched_at,
        -- A system that keeps days only says midnight.
        touches.touched_at <> date_trunc('day', touches.touched_at) as is_timed,
        cast(hour({{ local_time('touches.touched_at') }}) as integer) as local_hour
    from {{ ref('fct_touchpoints') }} as touches
    inner join {{ ref('xref_account_parties') }} as links on touches.party_link_id = links.party_link_id
    inner join {{ ref('dim_customer') }} as customers
        on links.account_party_id = customers.party_id and customers.is_current and {{ may_be_profiled() }}
    where
        touches.kind in ('order', 'ticket', 'email_opened', 'email_clicked')
        and cast(touches.touched_at as date) <= {{ as_of() }}
        and cast(touches.touched_at as date) > {{ as_of() }} - interval 24 month
),

customers as (
    select
        party_id,
        count(*) as actions,
        count(*) filter (where kind = 'order') as orders,
        count(*) filter (where channel <> 'unknown') as channel_actions,
        count(*) filter (where is_timed) as timed_actions
    from actions
    group by party_id
),

channels as (
    select
        party_id,
        channel,
        count(*) as actions
    from actions
    where channel <> 'unknown'
    group by party_id, channel
    qualify row_number() over (
        partition by party_id
        order by count(*) desc, max(touched_at) desc, channel asc
    ) = 1
),

by_hour as (
    select
        party_id,
        local_hour,
        count(*) as actions
    from actions
    where is_timed
    group by party_id, local_hour
),

-- An hour counts with its neighbours: half past nine and a quarter past ten are one habit.
around as (
    select
        by_hour.party_id,
        by_hour.local_hour,
        by_hour.actions,
        sum(near.actions) as actions_around
    from by_hour
    inner join by_hour as near
        on
            by_hour.party_id = near.party_id
            and (near.local_hour - by_hour.local_hour + 24) % 24 in (0, 1, 23)
    group by by_hour.party_id, by_hour.local_hour, by_hour.actions
),

hours as (
    select * from around
    qualify row_number() over (
        partition by party_id
        order by actions_around desc, actions desc, local_hour asc
    ) = 1
),

final as (
    select
        customers.party_id,
        {{ as_of() }} as as_of,
        customers.actions,
        customers.orders,
        customers.channel_actions,
        case when customers.channel_actions >= 5 then channels.channel end as preferred_channel,
        case
            when customers.channel_actions >= 5
                then cast(channels.actions / customers.channel_actions as decimal(5, 4))
        end as preferred_channel_share,
        case
            when customers.channel_actions < 5 then 'fewer_than_five_actions'
        end as preferred_channel_missing_because,
        customers.timed_actions,
        case when customers.timed_actions >= 5 then hours.local_hour end as preferred_hour,
        case
            when customers.timed_actions >= 5
                then cast(hours.actions_around / customers.timed_actions as decimal(5, 4))
        end as preferred_hour_share,
        case
            when customers.timed_actions < 5 then 'fewer_than_five_timed_actions'
        end as preferred_hour_missing_because
    from customers
    left join channels on customers.party_id = channels.party_id
    left join hours on customers.party_id = hours.party_id
)

select * from final
order by party_id
