-- One row per statement of consent or withdrawal, from the sources or given over our own API.
with stated as (
    select
        consent_event_id,
        source,
        record_id,
        address,
        channel,
        purpose,
        event,
        cast(occurred_at as timestamp) as occurred_at,
        cast(evidence as varchar) as evidence
    from {{ ref('int_consent_events') }}
    union all
    select
        consent_event_id,
        'api' as source,
        record_id,
        address,
        channel,
        purpose,
        event,
        cast(occurred_at as timestamp) as occurred_at,
        cast(evidence as varchar) as evidence
    from {{ source('ops', 'consent_events') }}
),

final as (
    select
        consent_event_id,
        source,
        {{ party_link_id('record_id', 'cast(null as varchar)') }} as party_link_id,
        record_id,
        lower(trim(address)) as address,
        channel,
        purpose,
        event,
        occurred_at,
        nullif(trim(evidence), '') as evidence
    from stated
)

select * from final
order by consent_event_id
