-- One row per golden party: the records the crosswalk gives it.
with sizes as (select party_id, count(*) as records from golden.xref_parties group by party_id)
select
    golden.party_id as subject,
    1 as checked,
    1 as affected,
    coalesce(sizes.records, 0) as records
from golden.golden_parties as golden left join sizes using (party_id)
