-- One row per person and household.
with households as (
    select distinct
        household_id,
        party_id
    from {{ source('golden', 'golden_households') }}
),

final as (
    select
        household_id,
        party_id,
        count(*) over (partition by household_id) as members
    from households
)

select * from final
order by household_id, party_id
