-- One row per kind of customer and one for all, for the month of the as-of date: mean customer value of those who have one.
with scored as (
    select
        {{ month_of(as_of()) }} as month,
        customer_kind,
        clv_eur
    from {{ ref('customer_scores') }}
    where clv_eur is not null
)

{{ by_month_and_kind('sum(clv_eur) / count(*)', 'scored') }}
