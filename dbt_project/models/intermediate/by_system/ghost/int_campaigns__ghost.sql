-- One row per newsletter of Ghost; the single issues of it are posts, which are not read.
select
    record_id as campaign_record_id,
    source,
    newsletter_key as campaign_key,
    slug as tag,
    name,
    status
from {{ ref('stg_ghost__newsletters') }}
