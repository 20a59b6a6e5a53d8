-- One row: parties in the outbox that are restricted or suppressed.
with forbidden as (
    select party_id from golden.golden_parties where restricted
    union
    select party_id from ops.suppressions where party_id is not null
)
select
    'crm_outbox' as subject,
    count(*) as checked,
    count_if(party_id in (select party_id from forbidden)) as affected
from marts.crm_outbox
