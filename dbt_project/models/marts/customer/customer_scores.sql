-- One row per current customer: what it did, what it is likely to do and what it thinks, on the as-of date.
with customers as (
    select
        customers.party_id,
        customers.customer_kind,
        {{ may_be_profiled() }} as may_be_profiled
    from {{ ref('dim_customer') }} as customers
    where customers.is_current
),

orders as (
    select
        links.account_party_id as party_id,
        fct_orders.ordered_on,
        fct_orders.amount_net_eur
    from {{ ref('fct_orders') }} as fct_orders
    inner join {{ ref('xref_account_parties') }} as links
        on fct_orders.party_link_id = links.party_link_id
    where fct_orders.status <> 'cancelled' and fct_orders.ordered_on <= {{ as_of() }}
),

bought as (
    select
        party_id,
        cast({{ as_of() }} - max(ordered_on) as integer) as recency_days,
        cast(count(*) as integer) as frequency,
        cast(sum(amount_net_eur) as decimal(18, 2)) as monetary_eur,
        cast(
            coalesce(
                sum(amount_net_eur) filter (where ordered_on > {{ as_of() }} - interval 12 month), 0
            ) as decimal(18, 2)
        ) as sales_12m_eur
    from orders
    group by party_id
),

-- rank() gives equal values the lowest place they share, so equal customers land in one quintile.
ranked as (
    select
        customers.party_id,
        bought.recency_days,
        bought.frequency,
        bought.monetary_eur,
        bought.sales_12m_eur,
        count(*) over (partition by customers.customer_kind) as peers,
        rank() over (
            partition by customers.customer_kind
            order by bought.recency_days desc
        ) as recency_place,
        rank() over (
            partition by customers.customer_kind
            order by bought.frequency asc
        ) as frequency_place,
        rank() over (
            partition by customers.customer_kind
            order by bought.monetary_eur asc
        ) as monetary_place
    from customers
    inner join bought on customers.party_id = bought.party_id
    where customers.may_be_profiled
),

scored as (
    select
        party_id,
        cast(1 + (5 * (recency_place - 1)) // peers as integer) as recency_score,
        cast(1 + (5 * (frequency_place - 1)) // peers as integer) as frequency_score,
        cast(1 + (5 * (monetary_place - 1)) // peers as integer) as monetary_score
    from ranked
    where peers >= 5
),

estimates as (
    select
        crosswalk.party_id,
        estimates.estimated_annual_spend_eur,
        estimates.estimated_on
    from {{ ref('int_spend_estimates') }} as estimates
    inner join {{ ref('xref_spend_estimates') }} as crosswalk
        on estimates.record_id = crosswalk.record_id
    where estimates.estimated_on <= {{ as_of() }}
    qualify row_number() over (
        partition by crosswalk.party_id
        order by estimates.estimated_on desc, estimates.record_id asc
    ) = 1
),

purchase_scores as (
    select * from {{ source('scores', 'purchase_scores') }}
),

fits as (
    select
        customer_kind,
        any_value(horizon_months) filter (where model = 'bg_nbd') as horizon_months,
        any_value(discount_rate) filter (where model = 'bg_nbd') as discount_rate,
        any_value(quality) filter (where model = 'bg_nbd') as purchase_fit,
        any_value(quality) filter (where model = 'gamma_gamma') as value_fit,
        any_value(quality) filter (where model = 'lead_points') as lead_fit
    from {{ ref('score_models') }}
    group by customer_kind
),

leads as (
    select * from {{ ref('lead_scores') }}
    where is_current
),

final as (
    select
        customers.party_id,
        customers.customer_kind,
        {{ as_of() }} as as_of,
        bought.recency_days,
        coalesce(bought.frequency, 0) as frequency,
        coalesce(bought.monetary_eur, 0.00) as monetary_eur,
        scored.recency_score,
        scored.frequency_score,
        scored.monetary_score,
        case
            when scored.party_id is not null
                then concat(scored.recency_score, scored.frequency_score, scored.monetary_score)
        end as rfm,
        case
            when not customers.may_be_profiled then 'restricted'
            when bought.party_id is null then 'no_order'
            when scored.party_id is null then 'fewer_than_five_peers'
        end as rfm_missing_because,
        coalesce(bought.sales_12m_eur, 0.00) as sales_12m_eur,
        cast(estimates.estimated_annual_spend_eur as decimal(18, 2)) as estimated_annual_spend_eur,
        estimates.estimated_on,
        case
            when customers.may_be_profiled and estimates.estimated_annual_spend_eur > 0
                then cast(
                    cast(coalesce(bought.sales_12m_eur, 0) as decimal(18, 2))
                    / estimates.estimated_annual_spend_eur
                    as decimal(18, 4)
                )
        end as share_of_wallet,
        case
            when not customers.may_be_profiled then 'restricted'
            when estimates.party_id is null then 'no_estimate'
            when coalesce(estimates.estimated_annual_spend_eur, 0) <= 0 then 'estimate_not_positive'
        end as share_of_wallet_missing_because,
        coalesce(histories.purchases, 0) as purchases,
        purchase_scores.probability_alive,
        cast(round(1 - purchase_scores.probability_alive, 6) as double) as churn_probability,
        {{ missing_because('purchase_scores', 'no_order', 'churn_missing_because') }} as churn_missing_because,
        purchase_scores.expected_purchases,
        {{ missing_because('purchase_scores', 'no_order', 'expected_purchases_missing_because') }}
            as expected_purchases_missing_because,
        purchase_scores.expected_value_eur,
        {{ missing_because('purchase_scores', 'no_order', 'expected_value_missing_because') }} as expected_value_missing_because,
        purchase_scores.clv_eur,
        {{ missing_because('purchase_scores', 'no_order', 'clv_missing_because') }} as clv_missing_because,
        purchase_scores.next_purchase_on,
        {{ missing_because('purchase_scores', 'no_order', 'next_purchase_missing_because') }} as next_purchase_missing_because,
        case
            when purchase_scores.next_purchase_on is not null then purchase_scores.expected_value_eur
        end as next_purchase_value_eur,
        fits.horizon_months,
        cast(fits.discount_rate as double) as discount_rate,
        fits.purchase_fit,
        fits.value_fit,
        affinities.next_category,
        affinities.next_category_because,
        affinities.next_category_confidence,
        affinities.next_category_lift,
        affinities.next_category_customers,
        {{ missing_because('affinities', 'no_category_bought', 'next_category_missing_because') }}
            as next_category_missing_because,
        affinities.upsell_category,
        affinities.upsell_price_eur,
        affinities.upsell_peer_price_eur,
        {{ missing_because('affinities', 'no_category_bought', 'upsell_missing_because') }} as upsell_missing_because,
        coalesce(opinions.csat_answers, 0) as csat_answers,
        opinions.csat,
        coalesce(opinions.nps_answers, 0) as nps_answers,
        opinions.nps_last_score,
        opinions.nps_last_on,
        opinions.nps_group,
        leads.lead_score,
        {{ missing_because('leads', 'has_ordered', 'lead_score_missing_because') }} as lead_score_missing_because,
        case when leads.lead_score is not null then fits.lead_fit end as lead_fit,
        coalesce(habits.channel_actions, 0) as channel_actions,
        habits.preferred_channel,
        habits.preferred_channel_share,
        {{ missing_because('habits', 'fewer_than_five_actions', 'preferred_channel_missing_because') }}
            as preferred_channel_missing_because,
        coalesce(habits.timed_actions, 0) as timed_actions,
        habits.preferred_hour,
        habits.preferred_hour_share,
        {{ missing_because('habits', 'fewer_than_five_timed_actions', 'preferred_hour_missing_because') }}
            as preferred_hour_missing_because
    from customers
    left join bought on customers.party_id = bought.party_id
    left join scored on customers.party_id = scored.party_id
    left join estimates on customers.party_id = estimates.party_id
    left join {{ ref('purchase_histories') }} as histories on customers.party_id = histories.party_id
    left join purchase_scores on customers.party_id = purchase_scores.party_id
    left join fits on customers.customer_kind = fits.customer_kind
    left join {{ ref('customer_affinities') }} as affinities on customers.party_id = affinities.party_id
    left join {{ ref('customer_opinions') }} as opinions on customers.party_id = opinions.party_id
    left join leads on customers.party_id = leads.party_id
    left join {{ ref('customer_habits') }} as habits on customers.party_id = habits.party_id
)

select
    * replace (cast(monetary_eur as decimal(18, 2)) as monetary_eur, cast(sales_12m_eur as decimal(18, 2)) as sales_12m_eur)
from final
order by party_id
