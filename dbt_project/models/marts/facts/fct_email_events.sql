-- One row per event of a campaign e-mail.
with events as (
    select * from {{ ref('int_email_events') }}
),

final as (
    select
        event_record_id,
        source,
        {{ party_link_id('contact_record_id', 'cast(null as varchar)') }} as party_link_id,
        contact_record_id,
        campaign_record_id,
        event,
        occurred_at
    from events
)

select * from final
order by event_record_id
