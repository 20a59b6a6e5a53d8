-- One row per current customer who bought: how often, when and for how much, up to the as-of date and up to a cut before it.
{%- set cut = as_of() ~ " - " ~ var("holdout_days") %}
with customers as (
    select
        customers.party_id,
        customers.customer_kind
    from {{ ref('dim_customer') }} as customers
    where customers.is_current and {{ may_be_profiled() }}
),

-- What a customer orders on one day is one purchase.
purchases as (
    select
        links.account_party_id as party_id,
        orders.ordered_on,
        count(*) as orders,
        sum(orders.amount_net_eur) as amount_eur
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('xref_account_parties') }} as links on orders.party_link_id = links.party_link_id
    where orders.status <> 'cancelled' and orders.ordered_on <= {{ as_of() }}
    group by links.account_party_id, orders.ordered_on
),

placed as (
    select
        *,
        min(ordered_on) over (partition by party_id) as first_purchase_on
    from purchases
),

histories as (
    select
        party_id,
        first_purchase_on,
        max(ordered_on) as last_purchase_on,
        sum(orders) as orders,
        count(*) as purchases,
        sum(amount_eur) filter (where ordered_on > first_purchase_on) as repeat_eur,
        count(*) filter (where ordered_on <= {{ cut }}) as purchases_by_cut,
        max(ordered_on) filter (where ordered_on <= {{ cut }}) as last_purchase_by_cut_on
    from placed
    group by party_id, first_purchase_on
),

final as (
    select
        customers.party_id,
        customers.customer_kind,
        {{ as_of() }} as as_of,
        histories.first_purchase_on,
        histories.last_purchase_on,
        cast(histories.orders as integer) as orders,
        cast(histories.purchases as integer) as purchases,
        cast(histories.purchases - 1 as integer) as repeats,
        cast(histories.last_purchase_on - histories.first_purchase_on as integer) as active_days,
        cast({{ as_of() }} - histories.first_purchase_on as integer) as age_days,
        cast(histories.repeat_eur / nullif(histories.purchases - 1, 0) as decimal(18, 2)) as repeat_value_eur,
        cast({{ var("holdout_days") }} as integer) as holdout_days,
        cast(nullif(histories.purchases_by_cut, 0) - 1 as integer) as calibration_repeats,
        cast(histories.last_purchase_by_cut_on - histories.first_purchase_on as integer) as calibration_active_days,
        case
            when histories.purchases_by_cut > 0
                then cast({{ cut }} - histories.first_purchase_on as integer)
        end as calibration_age_days,
        case
            when histories.purchases_by_cut > 0
                then cast(histories.purchases - histories.purchases_by_cut as integer)
        end as holdout_purchases
    from histories
    inner join customers on histories.party_id = customers.party_id
)

select * from final
order by party_id
