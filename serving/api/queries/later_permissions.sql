-- One row per party and channel whose permission a consent event since the build has changed, by the
-- rules of consent_state and consent_permissions; a grant by e-mail needs its confirmation.
-- A postal address without letters is shared: a grant counts for its record, a refusal for all who spoke of its digits.
create table later_permissions as
with unread as (
    select *, channel = 'post' and not regexp_matches(address, '\p{L}|@') as is_shared
    from stated
    where consent_event_id not in (select consent_event_id from build.main.fct_consent_events)
),

shared_addresses as (
    select address, record_id from unread where is_shared
    union
    select address, record_id from build.main.fct_consent_events
    where channel = 'post' and not regexp_matches(address, '\p{L}|@')
),

told as (
    select * replace (null as record_id), null::varchar as holder
    from unread where is_shared and event = 'withdrawn'
    union all by name
    select u.* replace (s.address as address, null as record_id, true as is_shared), null::varchar as holder
    from unread as u
    inner join (select distinct address from shared_addresses) as s
        on regexp_replace(u.address, '[^0-9]', '', 'g') = regexp_replace(s.address, '[^0-9]', '', 'g')
            and u.address <> s.address
    where u.channel = 'post' and u.event = 'withdrawn' and not contains(u.address, '@')
    union all by name
    select *, case when is_shared then record_id end as holder
    from unread where not is_shared or record_id is not null
),

fresh as (
    select
        *,
        max(occurred_at) filter (where event = 'withdrawn') over (partition by address, channel, holder) as withdrawn_at
    from told
),

latest as (
    select
        *,
        bool_or(event = 'confirmed' and occurred_at > coalesce(withdrawn_at, '-infinity'::timestamp)) over (
            partition by address, channel, holder
        ) as is_confirmed,
        case
            when not regexp_matches(address, '\p{L}|@')
                then nullif(regexp_extract(regexp_replace(address, '[^0-9]', '', 'g'), '[0-9]{9}$'), '')
        end as phone_ending
    from fresh
    qualify row_number() over (
        partition by address, channel, holder
        order by occurred_at desc, case event when 'withdrawn' then 0 when 'confirmed' then 1 else 2 end
    ) = 1
),

ruling as (
    select
        l.*,
        l.event = 'withdrawn'
        or (
            l.channel = 'email' and not l.is_confirmed
            and coalesce(l.withdrawn_at >= coalesce(s.decided_at, '-infinity'::timestamp), false)
        ) as is_refused
    from latest as l
    left join (
        select address, channel, max(decided_at) as decided_at
        from consent_state
        where purpose = 'marketing'
        group by address, channel
    ) as s on l.address = s.address and l.channel = s.channel
    where s.decided_at is null or l.occurred_at >= s.decided_at or (l.is_shared and l.event = 'withdrawn')
),

parties as (
    select
        party_id,
        lower(trim(email)) as email,
        nullif(regexp_extract(regexp_replace(phone, '[^0-9]', '', 'g'), '[0-9]{9}$'), '') as phone_ending
    from golden_parties
),

-- Whoever told us of an address, in the build or since.
speakers as (
    select address, record_id from fct_consent_events
    union
    select address, record_id from stated
),

-- An address is the party's by a record that spoke for it, or because golden says so.
spoken as (
    select x.party_id, r.*
    from ruling as r
    inner join speakers as t on r.address = t.address and (r.holder is null or r.holder = t.record_id)
    inner join xref_parties as x on t.record_id = x.record_id
    union
    select p.party_id, r.* from ruling as r inner join parties as p on r.address = p.email
    union
    select p.party_id, r.* from ruling as r inner join parties as p on r.phone_ending = p.phone_ending
    where r.holder is null
    union
    select x.party_id, r.* from ruling as r
    inner join shared_addresses as a on r.is_shared and r.holder is null and r.address = a.address
    inner join xref_parties as x on a.record_id = x.record_id
),

merges as (
    select resolves_to as party_id, max(retired_at::timestamp) as merged_at
    from retired_parties
    where resolves_to is not null
    group by resolves_to
),

-- What the address in use was given later than outweighs a refusal for another one.
judged as (
    select
        s.party_id,
        s.channel,
        s.is_refused
        and not coalesce(c.given_at > greatest(s.occurred_at, coalesce(m.merged_at, s.occurred_at)), false)
            as is_refused,
        case
            when s.channel = 'email' then coalesce(s.address = p.email, false)
            when s.channel in ('sms', 'phone') then coalesce(s.phone_ending = p.phone_ending, false)
            else true
        end
        and not s.is_refused
        and (s.channel <> 'email' or s.is_confirmed)
        and (c.refused_at is null or s.occurred_at > greatest(c.refused_at, coalesce(m.merged_at, c.refused_at)))
            as is_given
    from spoken as s
    inner join parties as p on s.party_id = p.party_id
    left join consent_permissions as c on s.party_id = c.party_id and s.channel = c.channel
    left join merges as m on s.party_id = m.party_id
)

select party_id, channel, bool_and(is_given) as is_given
from judged
where is_refused or is_given
group by party_id, channel
