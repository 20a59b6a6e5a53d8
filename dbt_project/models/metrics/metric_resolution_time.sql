-- One row per month, and per month and kind of customer: median minutes until a ticket was solved for good.
with solved as (
    select
        *,
        {{ month_of('solved_at') }} as month
    from {{ ref('metric_base__tickets') }}
    where resolution_minutes is not null and cast(solved_at as date) <= {{ as_of() }}
)

{{ by_month_and_kind('median(resolution_minutes)', 'solved') }}
