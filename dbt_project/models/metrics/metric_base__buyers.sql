-- One row per customer and month with an order, with the days of the first order ever and of the second day that had one.
with days as (
    select distinct
        party_id,
        customer_kind,
        month,
        ordered_on
    from {{ ref('metric_base__orders') }}
    where party_id is not null
),

numbered as (
    select
        *,
        row_number() over (
            partition by party_id
            order by ordered_on
        ) as place
    from days
),

bought as (
    select
        party_id,
        min(ordered_on) filter (where place = 1) as first_order_on,
        min(ordered_on) filter (where place = 2) as second_order_on
    from numbered
    group by party_id
)

select distinct
    days.party_id,
    days.customer_kind,
    days.month,
    bought.first_order_on,
    bought.second_order_on
from days
inner join bought on days.party_id = bought.party_id
