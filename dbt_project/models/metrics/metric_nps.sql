-- One row per month, and per month and kind of customer: promoters less detractors, of a hundred answers.
with answers as (
    select * from {{ ref('metric_base__answers') }}
    where kind = 'nps'
)

{{ by_month_and_kind(
    '100 * (count(*) filter (where score >= 9) - count(*) filter (where score <= 6)) / count(*)', 'answers'
) }}
