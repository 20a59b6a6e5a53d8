-- One row: parties in the outbox that are restricted or suppressed, or that hold a suppressed address.
with forbidden as (
    select party_id from golden.golden_parties where restricted
    union
    select party_id from ops.suppressions where party_id is not null
),

addresses as (
    select
        party_id,
        case
            when contains(address, '@') then lower(trim(address))
            else regexp_replace(address, '[^0-9+]', '', 'g')
        end as address
    from (select party_id, unnest([email, phone]) as address from marts.crm_outbox)
),

reached as (
    select party_id from addresses where address in (select address from ops.suppressions)
)

select
    'crm_outbox' as subject,
    count(*) as checked,
    count_if(
        party_id in (select party_id from forbidden) or party_id in (select party_id from reached)
    ) as affected
from marts.crm_outbox
