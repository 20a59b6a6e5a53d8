-- One row per evidenced consent event of an address, channel and purpose.
with contacts as (
    select * from {{ ref('stg_brevo__contacts') }} where email is not null
),

granted as (
    select record_id, source, lower(email) as address, 'granted' as event,
        opted_in_at as occurred_at, coalesce(consent_source, 'brevo') as evidence
    from contacts where opted_in_at is not null
),

confirmed as (
    select record_id, source, lower(email) as address, 'confirmed' as event,
        confirmed_at as occurred_at, 'double opt-in' as evidence
    from contacts where confirmed_at is not null
),

withdrawn as (
    select record_id, source, lower(email) as address, 'withdrawn' as event,
        opted_out_at as occurred_at, 'opt-out date' as evidence
    from contacts where opted_out_at is not null
),

unsubscribed as (
    select contact_record_id as record_id, events.source, lower(contacts.email) as address,
        'withdrawn' as event, events.occurred_at, 'unsubscribe link' as evidence
    from {{ ref('int_email_events') }} as events
    inner join contacts on events.contact_record_id = contacts.record_id
    where events.event in ('unsubscribed', 'complained') and events.occurred_at is not null
),

-- Blocked without any dated withdrawal: known to hold since the last change of the contact at the latest.
blocked as (
    select record_id, source, lower(email) as address, 'withdrawn' as event,
        updated_at as occurred_at, 'blocklist' as evidence
    from contacts
    where email_blocked and opted_out_at is null
        and record_id not in (select record_id from unsubscribed)
),

sms_blocked as (
    select record_id, source, regexp_replace(phone, '[^+0-9]', '', 'g') as address, 'withdrawn' as event,
        updated_at as occurred_at, 'blocklist' as evidence
    from {{ ref('stg_brevo__contacts') }} where sms_blocked and phone is not null
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

together as (
    select *, 'email' as channel from by_email
    union all by name
    select *, 'sms' as channel from sms_blocked
)

select distinct
    md5(concat_ws('|', record_id, channel, address, event, occurred_at, evidence)) as consent_event_id,
    record_id,
    source,
    address,
    channel,
    'marketing' as purpose,
    event,
    occurred_at,
    evidence
from together
