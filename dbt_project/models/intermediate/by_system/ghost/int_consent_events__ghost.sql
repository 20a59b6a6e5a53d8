-- One row per evidenced consent event of a member's address.
-- Read from all landed versions, those of deleted members too: what was once stated stays, and stays with the address
-- that the member had then. The consent is one to marketing by e-mail: the first newsletter gives it, leaving the last
-- one withdraws it. Only who signed up by himself has confirmed it, by the link that Ghost mails him; what an import or
-- an editor entered is a grant that waits for its confirmation.
with events as (
    select source, event_key, member_key, newsletter_key, is_subscribed, made_by, occurred_at
    from {{ ref('stg_ghost__member_event_versions') }}
    where version = 1 and occurred_at is not null
),

-- Newsletters a member has after an event. Many events share one moment; their ids grow.
counted as (
    select
        *,
        (
            select count(*) from (
                select arg_max(past.is_subscribed, (past.occurred_at, past.event_key)) as is_subscribed
                from events as past
                where past.source = events.source and past.member_key = events.member_key
                    and (past.occurred_at, past.event_key) <= (events.occurred_at, events.event_key)
                group by past.newsletter_key
            ) as newsletters where newsletters.is_subscribed
        ) as newsletters_left
    from events
),

versions as (
    select source, member_key, version, record_id, lower(email) as address,
        timezone('UTC', fetched_at) as seen_at, is_suppressed, suppression_reason, suppressed_at
    from {{ ref('stg_ghost__member_versions') }}
    where email is not null
),

-- The address of the version that was read first after the event; else of the last one.
addressed as (
    select
        counted.source,
        counted.is_subscribed,
        counted.newsletters_left,
        counted.made_by,
        counted.occurred_at,
        versions.record_id,
        versions.address
    from counted
    inner join versions using (source, member_key)
    qualify row_number() over (
        partition by counted.source, counted.event_key
        order by
            versions.seen_at < counted.occurred_at,
            case when versions.seen_at < counted.occurred_at then -versions.version else versions.version end
    ) = 1
),

granted as (
    select record_id, source, address, 'granted' as event, occurred_at, 'newsletter: ' || made_by as evidence
    from addressed where is_subscribed
),

confirmed as (
    select record_id, source, address, 'confirmed' as event, occurred_at, 'sign-up link' as evidence
    from addressed where is_subscribed and made_by = 'member'
),

withdrawn as (
    select record_id, source, address, 'withdrawn' as event, occurred_at, 'newsletter: ' || made_by as evidence
    from addressed where not is_subscribed and newsletters_left = 0
),

-- Who called a mail spam wants none.
complained as (
    select record_id, source, address, 'withdrawn' as event, suppressed_at as occurred_at, 'spam complaint' as evidence
    from versions where is_suppressed and suppression_reason = 'spam' and suppressed_at is not null
),

together as (
    select * from granted
    union all by name
    select * from confirmed
    union all by name
    select * from withdrawn
    union all by name
    select * from complained
)

select distinct *, 'email' as channel, 'marketing' as purpose from together
