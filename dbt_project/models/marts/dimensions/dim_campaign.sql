-- One row per e-mail campaign.
with campaigns as (
    select * from {{ ref('int_campaigns') }}
),

final as (
    select
        campaign_record_id,
        source,
        campaign_key,
        name as campaign_name,
        subject,
        status,
        sent_at
    from campaigns
)

select * from final
order by campaign_record_id
