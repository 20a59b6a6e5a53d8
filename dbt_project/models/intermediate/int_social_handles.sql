-- One row per party record and social network it names a profile on, with the legal basis of that field group.
with shape as (
    select
        null::varchar as record_id,
        null::varchar as source,
        null::varchar as network,
        null::varchar as url,
        null::timestamp as observed_at
    where false
),

together as (
    select * from shape
    {{ and_each('int_social_handles', ['shopware']) }}
),

basis as (
    select purpose, legal_basis, retention from {{ source('landing', 'stream_basis') }}
    where system = 'shopware' and stream = 'customers' and field_group = 'social'
)

select
    together.record_id,
    together.source,
    together.network,
    together.url,
    together.observed_at,
    basis.purpose,
    basis.legal_basis,
    basis.retention
from together left join basis on true
