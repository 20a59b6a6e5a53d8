-- One row per row of a declared table that holds parties.
select
    record_id,
    source,
    'database' as system,
    stream,
    {{ party_under_our_names() }},
    coalesce(created_at, timezone('UTC', fetched_at)) as created_at,
    coalesce(updated_at, created_at, timezone('UTC', fetched_at)) as updated_at,
    false as restricted
from {{ ref('stg_database__held_parties') }}
