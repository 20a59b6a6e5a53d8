-- One row per address, channel and purpose: what the latest evidenced event says.
-- A grant without evidence says nothing; a withdrawal needs none and wins a tie. A grant by e-mail waits for its
-- confirmation (double opt-in); a grant after a confirmation needs no second one.
with evidenced as (
    select
        consent_event_id,
        address,
        channel,
        purpose,
        event,
        occurred_at
    from {{ ref('fct_consent_events') }}
    where
        address is not null
        and occurred_at is not null
        and (event = 'withdrawn' or evidence is not null)
),

dated as (
    select
        *,
        max(occurred_at) filter (where event = 'withdrawn') over (
            partition by address, channel, purpose
        ) as withdrawn_at
    from evidenced
),

told as (
    select
        address,
        channel,
        purpose,
        count(*) as events,
        count(*) filter (where occurred_at > withdrawn_at or withdrawn_at is null) as standing_events,
        count(*) filter (
            where event = 'confirmed' and (occurred_at > withdrawn_at or withdrawn_at is null)
        ) as standing_confirmations
    from dated
    group by address, channel, purpose
),

ruling as (
    select
        address,
        channel,
        purpose,
        consent_event_id,
        occurred_at
    from evidenced
    qualify row_number() over (
        partition by address, channel, purpose
        order by
            occurred_at desc,
            case event when 'withdrawn' then 0 when 'confirmed' then 1 else 2 end asc,
            consent_event_id asc
    ) = 1
),

final as (
    select
        md5(concat(told.address, '|', told.channel, '|', told.purpose)) as consent_state_id,
        told.address,
        told.channel,
        told.purpose,
        case
            when told.standing_events = 0 then 'withdrawn'
            when told.channel = 'email' and told.standing_confirmations = 0 then 'pending'
            else 'given'
        end as state,
        ruling.occurred_at as decided_at,
        ruling.consent_event_id as ruling_event_id,
        told.events
    from told
    inner join ruling
        on
            told.address = ruling.address
            and told.channel = ruling.channel
            and told.purpose = ruling.purpose
)

select * from final
order by address, channel, purpose
