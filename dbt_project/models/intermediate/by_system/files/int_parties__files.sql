-- One row per record of a file of parties.
select
    record_id,
    source,
    'files' as system,
    'parties' as stream,
    {{ party_under_our_names() }},
    fetched_at::timestamp as created_at,
    coalesce(updated_at, fetched_at::timestamp) as updated_at,
    false as restricted
from {{ ref('stg_files__parties') }}
