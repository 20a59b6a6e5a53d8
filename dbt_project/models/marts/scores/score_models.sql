-- One row per model behind a score and kind of customer: what it was fitted on, its parameters and how well it holds.
with purchase_models as (
    select * from {{ source('scores', 'purchase_models') }}
),

tested as (
    select
        party_id,
        customer_kind,
        bought_within_90_days,
        -- Twice the mean rank of equal scores, so that it is whole.
        2 * rank() over ranked + count(*) over (partition by customer_kind, lead_score) - 1 as doubled_rank
    from {{ ref('lead_scores') }}
    where not is_current and lead_score is not null
    window ranked as (partition by customer_kind order by lead_score)
),

sums as (
    select
        customer_kind,
        count(*) as leads,
        count(*) filter (where bought_within_90_days) as buyers,
        count(*) filter (where not bought_within_90_days) as others,
        sum(doubled_rank) filter (where bought_within_90_days) as doubled_ranks
    from tested
    group by customer_kind
),

-- The area under the curve is the Mann-Whitney statistic: how often a buyer stood above another lead.
lead_tests as (
    select
        customer_kind,
        leads,
        buyers,
        case
            when buyers > 0 and others > 0
                then cast(
                    (doubled_ranks - buyers * (buyers + 1)) / (2 * buyers * others) as decimal(5, 4)
                )
        end as area_under_curve
    from sums
),

leads as (
    select
        customer_kind,
        count(*) filter (where is_current and lead_score is not null) as customers
    from {{ ref('lead_scores') }}
    group by customer_kind
),

final as (
    select
        model,
        customer_kind,
        as_of,
        case model
            when 'bg_nbd' then 'BG/NBD (Fader, Hardie and Lee 2005), maximum likelihood'
            when 'gamma_gamma' then 'Gamma-Gamma (Fader and Hardie 2013), maximum likelihood'
        end as method,
        customers,
        repeat_buyers,
        fitted_customers,
        parameters,
        standard_errors,
        log_likelihood,
        converged,
        missing_because,
        horizon_months,
        discount_rate,
        holdout_days,
        holdout_customers,
        holdout_purchases,
        holdout_expected,
        holdout_mean_absolute_error,
        holdout_naive_error,
        value_frequency_correlation,
        cast(null as decimal(5, 4)) as area_under_curve,
        quality
    from purchase_models
    union all
    select
        'lead_points' as model,
        leads.customer_kind,
        {{ as_of() }} as as_of,
        'Points: recency of engagement 30, open quotation 40, opt-in 15, clicks 15' as method,
        leads.customers,
        cast(null as bigint) as repeat_buyers,
        cast(null as bigint) as fitted_customers,
        cast(null as varchar) as parameters,
        cast(null as varchar) as standard_errors,
        cast(null as double) as log_likelihood,
        cast(null as boolean) as converged,
        cast(null as varchar) as missing_because,
        cast(null as integer) as horizon_months,
        cast(null as double) as discount_rate,
        90 as holdout_days,
        lead_tests.leads as holdout_customers,
        lead_tests.buyers as holdout_purchases,
        cast(null as double) as holdout_expected,
        cast(null as double) as holdout_mean_absolute_error,
        cast(null as double) as holdout_naive_error,
        cast(null as double) as value_frequency_correlation,
        lead_tests.area_under_curve,
        case
            when coalesce(lead_tests.buyers, 0) < {{ least_peers() }} or lead_tests.area_under_curve is null
                then 'unknown'
            when lead_tests.area_under_curve >= 0.7 then 'good'
            when lead_tests.area_under_curve >= 0.6 then 'fair'
            else 'poor'
        end as quality
    from leads
    left join lead_tests on leads.customer_kind = lead_tests.customer_kind
)

select * from final
order by model, customer_kind
