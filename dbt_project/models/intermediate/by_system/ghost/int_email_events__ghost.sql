-- One row per newsletter that a member left; what was sent and opened is not among the events that are read.
with newsletters as (
    select source, newsletter_key, record_id as campaign_record_id from {{ ref('stg_ghost__newsletters') }}
),

members as (
    select source, member_key, record_id as contact_record_id from {{ ref('stg_ghost__members') }}
)

select
    events.record_id as event_record_id,
    events.source,
    members.contact_record_id,
    newsletters.campaign_record_id,
    'unsubscribed' as event,
    events.occurred_at
from {{ ref('stg_ghost__member_event_versions') }} as events
left join members using (source, member_key)
left join newsletters using (source, newsletter_key)
where events.version = 1 and not events.is_subscribed
