-- One row per target group and member, as stamm.yaml means the group on the as-of date. Whose processing is restricted
-- or who is suppressed is in none.
with customers as (
    select
        profiles.*,
        scores.* exclude ({{ columns_of_both() }})
    from {{ ref('customer_360') }} as profiles
    inner join {{ ref('customer_scores') }} as scores on profiles.party_id = scores.party_id
    where {{ may_be_targeted('profiles') }}
),

members as (
    select
        cast(null as varchar) as target_group,
        cast(null as varchar) as party_id
    where false
    {%- for group in var('target_groups') if group.condition is defined %}
    union all
    select
        '{{ group.name }}' as target_group,
        party_id
    from customers
    where {{ group.condition }}
    {%- endfor %}
),

final as (
    select
        concat(members.target_group, '|', members.party_id) as target_group_member_id,
        members.target_group,
        members.party_id,
        outbox.party_id is not null as may_leave,
        coalesce(outbox.permission_email, false) as permission_email,
        coalesce(outbox.permission_sms, false) as permission_sms,
        coalesce(outbox.permission_phone, false) as permission_phone,
        coalesce(outbox.permission_post, false) as permission_post
    from members
    left join {{ ref('crm_outbox') }} as outbox on members.party_id = outbox.party_id
)

select * from final
order by target_group, party_id
