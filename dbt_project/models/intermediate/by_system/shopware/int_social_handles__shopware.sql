-- One row per customer of the shop and social network that a profile is named on.
select record_id, source, 'linkedin' as network, linkedin as url, coalesce(updated_at, created_at) as observed_at
from {{ ref('stg_shopware__customers') }} where linkedin is not null
union all
select record_id, source, 'xing' as network, xing as url, coalesce(updated_at, created_at) as observed_at
from {{ ref('stg_shopware__customers') }} where xing is not null
