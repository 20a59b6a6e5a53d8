-- One row per party record and social network it names a profile on, with the legal basis of that field group.
with handles as (
    select record_id, source, 'linkedin' as network, linkedin as url, coalesce(updated_at, created_at) as observed_at
    from {{ ref('stg_shopware__customers') }} where linkedin is not null
    union all
    select record_id, source, 'xing' as network, xing as url, coalesce(updated_at, created_at) as observed_at
    from {{ ref('stg_shopware__customers') }} where xing is not null
),

basis as (
    select purpose, legal_basis, retention from {{ source('landing', 'stream_basis') }}
    where system = 'shopware' and stream = 'customers' and field_group = 'social'
)

select
    handles.record_id,
    handles.source,
    handles.network,
    handles.url,
    handles.observed_at,
    basis.purpose,
    basis.legal_basis,
    basis.retention
from handles left join basis on true
