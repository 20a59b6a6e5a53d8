-- One row per party of Tryton, with the party record that its business hangs on: its own, or that of the party which
-- took its place when the two were merged there.
with recursive places as (
    select source, party_key as first_key, party_key, replaced_by_key, record_id,
        0 as steps
    from {{ ref('stg_tryton__parties') }}
    union all
    select places.source, places.first_key, heirs.party_key, heirs.replaced_by_key, heirs.record_id,
        places.steps + 1 as steps
    from places
    inner join {{ ref('stg_tryton__parties') }} as heirs
        on places.source = heirs.source and places.replaced_by_key = heirs.party_key
    where places.steps < 20
),

heirs as (
    select source, first_key, arg_max(record_id, steps) as record_id, arg_max(party_key, steps) as party_key
    from places group by all
),

vat_ids as (
    select source, party_key, min(code) as vat_id
    from {{ ref('stg_tryton__identifiers') }}
    where is_active and (kind like '%vat' or kind = 'ch_uid')
    group by all
)

select
    heirs.source,
    heirs.first_key as party_key,
    heirs.record_id,
    vat_ids.vat_id,
    -- Tryton keeps people and firms in one list. A VAT id or a legal form tells a firm.
    vat_ids.vat_id is not null or {{ names_firm('parties.name') }} as is_firm
from heirs
inner join {{ ref('stg_tryton__parties') }} as parties using (record_id)
left join vat_ids on heirs.source = vat_ids.source and heirs.party_key = vat_ids.party_key
