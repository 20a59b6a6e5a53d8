-- One row per record in match input or crosswalk: how many living parties it is in.
with placed as (
    select xref.record_id, count(golden.party_id) as parties, count(*) as rows
    from golden.xref_parties as xref
    left join golden.golden_parties as golden using (party_id)
    group by xref.record_id
)
select
    coalesce(input.source, '') as source,
    coalesce(input.stream, 'not in match input') as stream,
    coalesce(input.record_id, placed.record_id) as record_id,
    case when input.record_id is null then 0 else greatest(coalesce(placed.parties, 0),
        case when placed.rows > 1 then placed.rows else 0 end) end as parties
from intermediate.int_parties__match_input as input
full join placed using (record_id)
