-- One row per party and channel that has a consent for marketing on any of its addresses.
-- A merge never widens: while any address of the party says less than "given", the party has no permission, unless
-- the address we would use was given later than that and later than the last merge into the party.
with parties as (
    select
        party_id,
        lower(trim(email)) as email,
        {{ phone_ending('phone') }} as phone_ending
    from {{ source('golden', 'golden_parties') }}
),

states as (
    select
        *,
        {{ phone_ending('address') }} as phone_ending
    from {{ ref('consent_state') }}
    where purpose = 'marketing'
),

absorptions as (
    select
        resolves_to as party_id,
        max(cast(retired_at as timestamp)) as merged_at
    from {{ source('golden', 'retired_parties') }}
    where resolves_to is not null
    group by resolves_to
),

-- An address is the party's by the record that spoke, or because golden says so.
spoken as (
    select
        xref_parties.party_id,
        fct_consent_events.address,
        fct_consent_events.record_id
    from {{ ref('fct_consent_events') }} as fct_consent_events
    inner join {{ source('golden', 'xref_parties') }} as xref_parties
        on fct_consent_events.record_id = xref_parties.record_id
    union
    select
        parties.party_id,
        states.address,
        cast(null as varchar) as record_id
    from parties
    inner join states on parties.email = states.address
    union
    select
        parties.party_id,
        states.address,
        cast(null as varchar) as record_id
    from parties
    inner join states on parties.phone_ending = states.phone_ending
),

judged as (
    select
        spoken.party_id,
        states.channel,
        states.address,
        states.state,
        states.decided_at,
        case
            when states.channel = 'email' then coalesce(states.address = parties.email, false)
            when states.channel in ('sms', 'phone')
                then coalesce(states.phone_ending = parties.phone_ending, false)
            else true
        end as is_address_in_use
    from spoken
    inner join states
        on
            spoken.address = states.address
            and (states.record_id is null or spoken.record_id = states.record_id)
    inner join parties on spoken.party_id = parties.party_id
),

weighed as (
    select
        party_id,
        channel,
        max(decided_at) as decided_at,
        max(decided_at) filter (where state <> 'given') as refused_at,
        bool_or(state = 'withdrawn') as is_withdrawn,
        max(decided_at) filter (where state = 'given' and is_address_in_use) as given_at
    from judged
    group by party_id, channel
),

final as (
    select
        weighed.party_id,
        weighed.channel,
        case
            when weighed.refused_at is null and weighed.given_at is not null then 'given'
            when weighed.refused_at is null then 'other_address'
            when
                weighed.given_at > weighed.refused_at
                and weighed.given_at > coalesce(absorptions.merged_at, weighed.refused_at)
                then 'given'
            when weighed.is_withdrawn then 'withdrawn'
            else 'pending'
        end as permission,
        weighed.given_at,
        weighed.refused_at,
        weighed.decided_at
    from weighed
    left join absorptions on weighed.party_id = absorptions.party_id
)

select * from final
order by party_id, channel
