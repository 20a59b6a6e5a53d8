-- One row per landed party record: in how many of match input and set aside it is.
with placed as (
    select record_id from intermediate.int_parties__match_input
    union all
    select record_id from intermediate.int_parties__set_aside
),
counted as (select record_id, count(*) as places from placed group by record_id)
select landed.source, landed.stream, landed.record_id, coalesce(counted.places, 0) as places
from landed_parties as landed left join counted using (record_id)
union all
-- Facets are cut from landed records, so only coming twice can be wrong with them.
select '', 'facet', record_id, places from counted where record_id like '%#org'
