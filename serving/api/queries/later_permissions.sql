-- One row per party and channel whose permission a consent event since the build has changed, by the
-- rules of consent_state and consent_permissions; a grant by e-mail needs its confirmation.
create table later_permissions as
with fresh as (
    select
        e.*,
        max(occurred_at) filter (where event = 'withdrawn') over (partition by address, channel) as withdrawn_at
    from stated as e
    where consent_event_id not in (select consent_event_id from build.main.fct_consent_events)
),

latest as (
    select
        *,
        bool_or(event = 'confirmed' and occurred_at > coalesce(withdrawn_at, '-infinity'::timestamp)) over (
            partition by address, channel
        ) as is_confirmed,
        nullif(regexp_extract(regexp_replace(address, '[^0-9]', '', 'g'), '[0-9]{9}$'), '') as phone_ending
    from fresh
    qualify row_number() over (
        partition by address, channel
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
    left join consent_state as s
        on l.address = s.address and l.channel = s.channel and s.purpose = 'marketing'
    where s.decided_at is null or l.occurred_at >= s.decided_at
),

parties as (
    select
        party_id,
        lower(trim(email)) as email,
        nullif(regexp_extract(regexp_replace(phone, '[^0-9]', '', 'g'), '[0-9]{9}$'), '') as phone_ending
    from golden_parties
),

spoken as (
    select x.party_id, r.* from ruling as r inner join xref_parties as x on r.record_id = x.record_id
    union
    select p.party_id, r.* from ruling as r inner join parties as p on r.address = p.email
    union
    select p.party_id, r.* from ruling as r inner join parties as p on r.phone_ending = p.phone_ending
    where not contains(r.address, '@')
),

merges as (
    select resolves_to as party_id, max(retired_at::timestamp) as merged_at
    from retired_parties
    where resolves_to is not null
    group by resolves_to
),

judged as (
    select
        s.party_id,
        s.channel,
        s.is_refused,
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
