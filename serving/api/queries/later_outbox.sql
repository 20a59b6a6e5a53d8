-- One row per customer that may leave now: `crm_outbox` of the build, and what consents said since have changed in it.
-- A withdrawal takes the permission, and with it what rests on nothing else, by the rules of the model `crm_outbox`.
-- A grant gives the permission where the address may leave already; an address, or a customer, that only a new
-- consent lets out comes with the next run.
create or replace view crm_outbox as
with outbox as (
    {outbox}
),

bases as (
    select
        party_id,
        list(attribute) filter (where purpose in ('contract', 'accounting', 'service')) as contractual,
        list(attribute) filter (
            where purpose in ('contract', 'accounting', 'service', 'business_relation')
        ) as without_consent
    from golden_lineage
    where party_id in (select party_id from later_channels)
    group by party_id
),

renewed as (
    select
        o.* replace (
            coalesce(l.email and o.email is not null, o.permission_email) as permission_email,
            coalesce(l.sms and o.phone is not null, o.permission_sms) as permission_sms,
            coalesce(l.phone and o.phone is not null, o.permission_phone) as permission_phone,
            coalesce(l.post, o.permission_post) as permission_post
        )
    from outbox as o
    inner join later_channels as l on o.party_id = l.party_id
),

weighed as (
    select
        r.*,
        permission_email or permission_sms or permission_phone or permission_post as has_permission,
        coalesce(contractual, []) as contractual,
        coalesce(without_consent, []) as without_consent
    from renewed as r
    left join bases as b on r.party_id = b.party_id
)

select * from outbox where party_id not in (select party_id from later_channels)
union all by name
select
    * exclude (has_permission, contractual, without_consent) replace (
        {plain},
        case when permission_email or list_contains(contractual, 'email') then email end as email,
        case when permission_sms or permission_phone or list_contains(contractual, 'phone') then phone end as phone
    )
from weighed
where basis <> 'consent' or has_permission
