-- One row per evidenced consent event of Brevo, of an address and channel.
-- Read from all versions of a contact, deleted ones too: an event that was once stated stays, and stays with the
-- address that the contact had when it was first stated.
with versions as (
    select
        record_id,
        source,
        version,
        lower(email) as mailbox,
        email_blocked,
        sms_blocked,
        regexp_replace(phone, '[^+0-9]', '', 'g') as number,
        opted_in_at,
        confirmed_at,
        opted_out_at,
        coalesce(consent_source, 'brevo') as consent_source,
        updated_at,
        lag(lower(email)) over history as mailbox_before,
        lag(email_blocked) over history as email_blocked_before,
        lag(regexp_replace(phone, '[^+0-9]', '', 'g')) over history as number_before,
        lag(sms_blocked) over history as sms_blocked_before
    from {{ ref('stg_brevo__contact_versions') }}
    window history as (partition by record_id order by version)
),

granted as (
    select record_id, source, arg_min(mailbox, version) as address, 'granted' as event,
        opted_in_at as occurred_at, arg_min(consent_source, version) as evidence
    from versions where opted_in_at is not null and mailbox is not null
    group by record_id, source, opted_in_at
),

confirmed as (
    select record_id, source, arg_min(mailbox, version) as address, 'confirmed' as event,
        confirmed_at as occurred_at, 'double opt-in' as evidence
    from versions where confirmed_at is not null and mailbox is not null
    group by record_id, source, confirmed_at
),

withdrawn as (
    select record_id, source, arg_min(mailbox, version) as address, 'withdrawn' as event,
        opted_out_at as occurred_at, 'opt-out date' as evidence
    from versions where opted_out_at is not null and mailbox is not null
    group by record_id, source, opted_out_at
),

mailboxes as (
    select source, mailbox, arg_max(record_id, version) as record_id
    from versions where mailbox is not null group by source, mailbox
),

-- A click counts for its address, also where no contact of that address ever landed.
unsubscribed as (
    select mailboxes.record_id, events.source, lower(events.email) as address,
        'withdrawn' as event, events.occurred_at, 'unsubscribe link' as evidence
    from {{ ref('stg_brevo__events') }} as events
    left join mailboxes on events.source = mailboxes.source and lower(events.email) = mailboxes.mailbox
    where events.event in ('unsubscribed', 'spam') and events.occurred_at is not null and events.email is not null
),

dated as (
    select * from granted
    union all by name
    select * from confirmed
    union all by name
    select * from withdrawn
    union all by name
    select * from unsubscribed
),

-- Blocked versions beside what the account dated for the address. Joined by equality alone: with a condition beside it
-- DuckDB compares all rows with all.
beside as (
    select versions.*, dated.event, dated.occurred_at,
        coalesce(versions.updated_at >= dated.occurred_at, true) as is_by_then
    from versions
    left join dated on versions.source = dated.source and versions.mailbox = dated.address
    where versions.email_blocked and versions.mailbox is not null
),

weighed as (
    select * exclude (event, occurred_at, is_by_then),
        max(occurred_at) filter (where is_by_then and event <> 'withdrawn') as given_at,
        max(occurred_at) filter (where is_by_then and event = 'withdrawn') as withdrawn_at
    from beside
    group by all
),

-- A block is known to hold since the change that first showed it for this address, or showed it again beside a newer
-- grant. It tells nothing new while a dated withdrawal stands.
blocked as (
    select record_id, source, mailbox as address, 'withdrawn' as event,
        updated_at as occurred_at, 'blocklist' as evidence
    from weighed
    where coalesce(withdrawn_at < given_at, withdrawn_at is null)
    qualify not (
        coalesce(email_blocked_before, false) and mailbox is not distinct from mailbox_before
        and given_at is not distinct from lag(given_at) over (partition by record_id order by version)
    )
),

sms_blocked as (
    select record_id, source, number as address, 'withdrawn' as event,
        updated_at as occurred_at, 'blocklist' as evidence
    from versions
    where sms_blocked and number is not null
        and not (coalesce(sms_blocked_before, false) and number is not distinct from number_before)
),

by_email as (
    select * from dated
    union all by name
    select * from blocked
),

by_channel as (
    select *, 'email' as channel from by_email
    union all by name
    select *, 'sms' as channel from sms_blocked
)

select distinct *, 'marketing' as purpose from by_channel
