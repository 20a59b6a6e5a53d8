-- One row per channel that a fact or a consent names; channels we have no name for keep their key.
with declared as (
    select
        channels.channel,
        channels.channel_name,
        channels.channel_group
    from (
        values
        ('erp', 'Sales desk', 'sales'),
        ('webshop', 'Webshop', 'sales'),
        ('email', 'E-mail', 'message'),
        ('sms', 'Text message', 'message'),
        ('phone', 'Telephone', 'message'),
        ('post', 'Letter', 'message'),
        ('chat', 'Chat', 'message'),
        ('web', 'Web form', 'message'),
        ('unknown', 'Unknown', 'unknown')
    ) as channels (channel, channel_name, channel_group)
),

seen as (
    select channel from {{ ref('int_orders') }}
    union
    select channel from {{ ref('int_tickets') }}
    union
    select channel from {{ ref('int_consent_events') }}
    union
    select channel from {{ source('ops', 'consent_events') }}
),

final as (
    select
        channel,
        channel_name,
        channel_group,
        channel in ('email', 'sms', 'phone', 'post') as needs_consent
    from declared
    union all
    select
        seen.channel,
        seen.channel as channel_name,
        'other' as channel_group,
        false as needs_consent
    from seen
    anti join declared on seen.channel = declared.channel
    where seen.channel is not null
)

select * from final
order by channel
