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

unsubscribed as (
    select mailboxes.record_id, events.source, lower(events.email) as address,
        'withdrawn' as event, events.occurred_at, 'unsubscribe link' as evidence
    from {{ ref('stg_brevo__events') }} as events
    inner join mailboxes on events.source = mailboxes.source and lower(events.email) = mailboxes.mailbox
    where events.event in ('unsubscribed', 'spam') and events.occurred_at is not null
),

-- Blocked without any dated withdrawal: known to hold since the change that first showed it for this address.
blocked as (
    select record_id, source, mailbox as address, 'withdrawn' as event,
        updated_at as occurred_at, 'blocklist' as evidence
    from versions
    where email_blocked and mailbox is not null and opted_out_at is null
        and not (coalesce(email_blocked_before, false) and mailbox is not distinct from mailbox_before)
        and mailbox not in (select address from unsubscribed)
),

sms_blocked as (
    select record_id, source, number as address, 'withdrawn' as event,
        updated_at as occurred_at, 'blocklist' as evidence
    from versions
    where sms_blocked and number is not null
        and not (coalesce(sms_blocked_before, false) and number is not distinct from number_before)
),

by_email as (
    select * from granted
    union all by name
    select * from confirmed
    union all by name
    select * from withdrawn
    union all by name
    select * from unsubscribed
    union all by name
    select * from blocked
),

by_channel as (
    select *, 'email' as channel from by_email
    union all by name
    select *, 'sms' as channel from sms_blocked
)

select distinct *, 'marketing' as purpose from by_channel
