-- One row per month, and per month and kind of customer: median minutes to the first reply.
with answered as (
    select
        *,
        {{ month_of('created_at') }} as month
    from {{ ref('metric_base__tickets') }}
    where first_reply_minutes is not null
)

{{ by_month_and_kind('median(first_reply_minutes)', 'answered') }}
