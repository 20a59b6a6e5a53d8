-- One row per address, channel and purpose, and per record where strangers share the address: what the latest
-- evidenced event says.
-- A grant without evidence says nothing; a withdrawal needs none and wins a tie. A grant by e-mail waits for its
-- confirmation (double opt-in); a grant after a confirmation needs no second one.
-- Postal addresses without letters are shared: a grant counts for its record, a refusal also for all with the digits.
with evidenced as (
    select
        consent_event_id,
        case when {{ is_shared_address('address', 'channel') }} then record_id end as record_id,
        {{ is_shared_address('address', 'channel') }} as is_shared,
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

shared_addresses as (
    select distinct
        address,
        purpose,
        regexp_replace(address, '[^0-9]', '', 'g') as digits
    from evidenced
    where is_shared
),

shared_refusals as (
    select
        evidenced.consent_event_id,
        cast(null as varchar) as record_id,
        shared_addresses.address,
        evidenced.channel,
        evidenced.purpose,
        evidenced.event,
        evidenced.occurred_at
    from evidenced
    inner join shared_addresses
        on
            evidenced.purpose = shared_addresses.purpose
            and regexp_replace(evidenced.address, '[^0-9]', '', 'g') = shared_addresses.digits
    where
        evidenced.channel = 'post'
        and evidenced.event = 'withdrawn'
        and not contains(evidenced.address, '@')
),

stated as (
    select evidenced.* exclude (is_shared)
    from evidenced
    where not is_shared or record_id is not null
    union all
    select * from shared_refusals
),

dated as (
    select
        *,
        max(occurred_at) filter (where event = 'withdrawn') over (
            partition by address, channel, purpose, record_id
        ) as withdrawn_at
    from stated
),

told as (
    select
        address,
        channel,
        purpose,
        record_id,
        count(*) as events,
        count(*) filter (where occurred_at > withdrawn_at or withdrawn_at is null) as standing_events,
        count(*) filter (
            where event = 'confirmed' and (occurred_at > withdrawn_at or withdrawn_at is null)
        ) as standing_confirmations
    from dated
    group by address, channel, purpose, record_id
),

ruling as (
    select
        address,
        channel,
        purpose,
        record_id,
        consent_event_id,
        occurred_at
    from stated
    qualify row_number() over (
        partition by address, channel, purpose, record_id
        order by
            occurred_at desc,
            case event when 'withdrawn' then 0 when 'confirmed' then 1 else 2 end asc,
            consent_event_id asc
    ) = 1
),

final as (
    select
        md5(
            concat(told.address, '|', told.channel, '|', told.purpose, '|' || told.record_id)
        ) as consent_state_id,
        told.address,
        told.channel,
        told.purpose,
        told.record_id,
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
            and told.record_id is not distinct from ruling.record_id
)

select * from final
order by address, channel, purpose, record_id
