-- One row per e-mail campaign of Brevo.
select
    record_id as campaign_record_id,
    source,
    campaign_key,
    tag,
    name,
    subject,
    status,
    sent_at
from {{ ref('stg_brevo__campaigns') }}
