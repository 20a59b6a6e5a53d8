-- One row per month, and per month and kind of customer: share of good answers.
with answers as (
    select * from {{ ref('metric_base__answers') }}
    where kind = 'csat'
)

{{ by_month_and_kind('sum(score) / count(*)', 'answers') }}
