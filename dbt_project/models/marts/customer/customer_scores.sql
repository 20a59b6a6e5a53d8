-- One row per current customer: recency, frequency, monetary value and share of wallet on the as-of date.
with customers as (
    select
        party_id,
        customer_kind
    from {{ ref('dim_customer') }}
    where is_current
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
            when bought.party_id is null then 'no_order'
            when scored.party_id is null then 'fewer_than_five_peers'
        end as rfm_missing_because,
        coalesce(bought.sales_12m_eur, 0.00) as sales_12m_eur,
        cast(estimates.estimated_annual_spend_eur as decimal(18, 2)) as estimated_annual_spend_eur,
        estimates.estimated_on,
        case
            when estimates.estimated_annual_spend_eur > 0
                then cast(
                    cast(coalesce(bought.sales_12m_eur, 0) as decimal(18, 2))
                    / estimates.estimated_annual_spend_eur
                    as decimal(18, 4)
                )
        end as share_of_wallet,
        case
            when estimates.party_id is null then 'no_estimate'
            when coalesce(estimates.estimated_annual_spend_eur, 0) <= 0 then 'estimate_not_positive'
        end as share_of_wallet_missing_because
    from customers
    left join bought on customers.party_id = bought.party_id
    left join scored on customers.party_id = scored.party_id
    left join estimates on customers.party_id = estimates.party_id
)

select
    * replace (cast(monetary_eur as decimal(18, 2)) as monetary_eur, cast(sales_12m_eur as decimal(18, 2)) as sales_12m_eur)
from final
order by party_id
