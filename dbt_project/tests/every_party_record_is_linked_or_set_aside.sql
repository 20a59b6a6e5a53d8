-- A collected party record is in exactly one of match input and set aside.
with fates as (
    select record_id from {{ ref('int_parties__match_input') }}
    union all
    select record_id from {{ ref('int_parties__set_aside') }}
)

select collected.record_id, count(fates.record_id) as fates
from {{ ref('int_parties__collected') }} as collected
left join fates using (record_id)
group by all
having count(fates.record_id) <> 1
