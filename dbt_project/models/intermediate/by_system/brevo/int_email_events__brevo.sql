-- One row per e-mail event of Brevo; its contact and campaign are found by address and tag.
with contacts as (
    select source, lower(email) as email, min(record_id) as record_id
    from {{ ref('stg_brevo__contacts') }} where email is not null group by all
),

campaigns as (
    select source, tag, min(campaign_record_id) as campaign_record_id
    from {{ ref('int_campaigns') }} where tag is not null group by all
)

select
    events.record_id as event_record_id,
    events.source,
    contacts.record_id as contact_record_id,
    campaigns.campaign_record_id,
    case events.event
        when 'requests' then 'sent'
        when 'delivered' then 'delivered'
        when 'opened' then 'opened'
        when 'clicks' then 'clicked'
        when 'hardBounces' then 'bounced'
        when 'softBounces' then 'bounced'
        when 'invalid' then 'bounced'
        when 'blocked' then 'bounced'
        when 'error' then 'bounced'
        when 'deferred' then 'deferred'
        -- A mail program that loads pictures by itself; nobody need have looked.
        when 'loadedByProxy' then 'opened_by_proxy'
        when 'unsubscribed' then 'unsubscribed'
        when 'spam' then 'complained'
    end as event,
    events.occurred_at
from {{ ref('stg_brevo__events') }} as events
left join contacts on events.source = contacts.source and lower(events.email) = contacts.email
left join campaigns on events.source = campaigns.source and events.tag = campaigns.tag
