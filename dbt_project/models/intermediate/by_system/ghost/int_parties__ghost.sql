-- One row per member of the site.
select
    record_id,
    source,
    'ghost' as system,
    'members' as stream,
    'person' as party_type,
    full_name,
    case when email is null then [] else [email] end as emails,
    created_at,
    coalesce(updated_at, created_at) as updated_at,
    false as restricted
from {{ ref('stg_ghost__members') }}
