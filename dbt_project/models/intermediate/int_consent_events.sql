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
        coalesce(opted_out_at, updated_at) as occurred_at, 'blocklist' as evidence
    from contacts where opted_out_at is not null or email_blocked
),

unsubscribed as (
    select contact_record_id as record_id, events.source, lower(contacts.email) as address,
        'withdrawn' as event, events.occurred_at, 'unsubscribe link' as evidence
    from {{ ref('int_email_events') }} as events
    inner join contacts on events.contact_record_id = contacts.record_id
    where events.event in ('unsubscribed', 'complained') and events.occurred_at is not null
),

together as (
    select * from granted
    union all by name
    select * from confirmed
    union all by name
    select * from withdrawn
    union all by name
    select * from unsubscribed
)

select distinct
    md5(concat_ws('|', record_id, address, event, occurred_at, evidence)) as consent_event_id,
    record_id,
    source,
    address,
    'email' as channel,
    'marketing' as purpose,
    event,
    occurred_at,
    evidence
from together
