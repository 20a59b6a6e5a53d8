-- One row per kind of customer and one for all, for the month of the as-of date: mean churn probability of those who have one.
with scored as (
    select
        {{ month_of(as_of()) }} as month,
        customer_kind,
        cast(churn_probability as decimal(18, 6)) as churn_probability
    from {{ ref('customer_scores') }}
    where churn_probability is not null
)

{{ by_month_and_kind('sum(churn_probability) / count(*)', 'scored') }}
