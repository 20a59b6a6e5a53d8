-- One row per month, and per month and kind of customer: share of tickets that were answered within what is promised.
-- Not answered is missed once the promise is over; before that, or where a source tells no replies, it says nothing.
with promised as (
    select
        *,
        {{ month_of('created_at') }} as month,
        bool_or(first_reply_minutes is not null) over (partition by source) as tells_replies
    from {{ ref('metric_base__tickets') }}
    where promised_minutes is not null
),

judged as (
    select
        month,
        customer_kind,
        case when coalesce(first_reply_minutes <= promised_minutes, false) then 1 else 0 end as kept
    from promised
    where
        first_reply_minutes is not null
        or (
            tells_replies
            and is_open
            and created_at + to_minutes(promised_minutes) < {{ as_of() }} + interval 1 day
        )
)

{{ by_month_and_kind('sum(kept) / count(*)', 'judged') }}
