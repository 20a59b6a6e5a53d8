-- One row per contact between us and a customer, whoever began it.
with touches as (
    select
        'order' as kind,
        order_record_id as fact_record_id,
        party_link_id,
        cast(null as varchar) as campaign_record_id,
        channel,
        'inbound' as direction,
        ordered_at as touched_at
    from {{ ref('fct_orders') }}
    union all
    select
        'quote' as kind,
        quote_record_id as fact_record_id,
        party_link_id,
        cast(null as varchar) as campaign_record_id,
        'erp' as channel,
        'outbound' as direction,
        cast(quoted_on as timestamp) as touched_at
    from {{ ref('fct_quotes') }}
    union all
    select
        'ticket' as kind,
        ticket_record_id as fact_record_id,
        party_link_id,
        cast(null as varchar) as campaign_record_id,
        channel,
        'inbound' as direction,
        created_at as touched_at
    from {{ ref('fct_tickets') }}
    union all
    select
        'feedback' as kind,
        feedback_record_id as fact_record_id,
        party_link_id,
        cast(null as varchar) as campaign_record_id,
        'unknown' as channel,
        'inbound' as direction,
        given_at as touched_at
    from {{ ref('fct_feedback') }}
    union all
    -- A delivery or a bounce is a matter between mail servers.
    select
        concat('email_', event) as kind,
        event_record_id as fact_record_id,
        party_link_id,
        campaign_record_id,
        'email' as channel,
        case when event = 'sent' then 'outbound' else 'inbound' end as direction,
        occurred_at as touched_at
    from {{ ref('fct_email_events') }}
    where event in ('sent', 'opened', 'clicked', 'unsubscribed', 'complained')
),

final as (
    select
        concat(kind, ':', fact_record_id) as touchpoint_id,
        kind,
        fact_record_id,
        party_link_id,
        campaign_record_id,
        channel,
        direction,
        touched_at
    from touches
    where touched_at is not null
)

select * from final
order by touchpoint_id
