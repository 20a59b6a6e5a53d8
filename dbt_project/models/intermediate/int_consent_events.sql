-- One row per evidenced consent event of an address, channel and purpose, from any system.
with shape as (
    select
        null::varchar as record_id,
        null::varchar as source,
        null::varchar as address,
        null::varchar as channel,
        null::varchar as purpose,
        null::varchar as event,
        null::timestamp as occurred_at,
        null::varchar as evidence
    where false
),

together as (
    select * from shape
    {{ and_each('int_consent_events', ['brevo', 'ghost']) }}
),

canonical as (
    select * replace ({{ canonical_address('address', 'channel') }} as address) from together
)

-- A statement of no record is told apart by its source.
select
    md5(concat_ws('|', coalesce(record_id, source), channel, address, event, occurred_at, evidence)) as consent_event_id,
    *
from canonical
