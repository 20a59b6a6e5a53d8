-- One row per source for the month of the as-of date, and one for all: records that are one more of a party of the source.
with records as (
    select
        source,
        party_id
    from {{ source('golden', 'xref_parties') }}
    where facet_of is null
)

select
    {{ month_of(as_of()) }} as month,
    'source' as dimension,
    source as member,
    cast(count(*) - count(distinct party_id) as decimal(18, 4)) as value,
    count(*) as rests_on
from records
group by source
union all
select
    {{ month_of(as_of()) }} as month,
    'total' as dimension,
    'all' as member,
    cast(count(*) - count(distinct concat(source, '|', party_id)) as decimal(18, 4)) as value,
    count(*) as rests_on
from records
having count(*) > 0
