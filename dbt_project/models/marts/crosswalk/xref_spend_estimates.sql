-- One row per spend estimate whose firm we know, by VAT id, else by name and postcode. What fits two firms fits none.
-- Names are compared without their legal form, which a list of estimates writes as it likes.
with estimates as (
    select
        record_id,
        upper(regexp_replace(vat_id, '[^0-9A-Za-z]', '', 'g')) as vat_id,
        {{ firm_core_name('company_name') }} as company_name,
        postcode
    from {{ ref('int_spend_estimates') }}
),

firms as (
    select
        party_id,
        upper(regexp_replace(vat_id, '[^0-9A-Za-z]', '', 'g')) as vat_id,
        {{ firm_core_name('company_name') }} as company_name,
        postcode
    from {{ source('golden', 'golden_parties') }}
    where party_type = 'organisation'
),

-- A name as some source record wrote it counts as much as the golden one.
names as (
    select
        party_id,
        company_name,
        postcode
    from firms
    union
    select
        crosswalk.party_id,
        {{ firm_core_name('records.company_name') }} as company_name,
        records.postcode
    from {{ ref('int_parties__match_input') }} as records
    inner join {{ source('golden', 'xref_parties') }} as crosswalk
        on records.record_id = crosswalk.record_id
    where records.party_type = 'organisation'
),

by_vat_id as (
    select
        estimates.record_id,
        min(firms.party_id) as party_id
    from estimates
    inner join firms on estimates.vat_id = firms.vat_id
    group by estimates.record_id
    having count(distinct firms.party_id) = 1
),

by_name as (
    select
        estimates.record_id,
        min(names.party_id) as party_id
    from estimates
    inner join names
        on
            estimates.company_name = names.company_name
            and estimates.postcode = names.postcode
    group by estimates.record_id
    having count(distinct names.party_id) = 1
),

final as (
    select
        estimates.record_id,
        coalesce(by_vat_id.party_id, by_name.party_id) as party_id,
        case when by_vat_id.party_id is not null then 'vat_id' else 'name_and_postcode' end as basis
    from estimates
    left join by_vat_id on estimates.record_id = by_vat_id.record_id
    left join by_name on estimates.record_id = by_name.record_id
    where coalesce(by_vat_id.party_id, by_name.party_id) is not null
)

select * from final
order by record_id
