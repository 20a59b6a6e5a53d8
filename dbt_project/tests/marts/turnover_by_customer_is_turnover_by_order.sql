-- A fan-out in the crosswalk once doubles money in silence; cents in must be cents out, set-aside buyers apart.
with by_order as (
    select sum(orders.amount_net_eur) as eur
    from {{ ref('fct_orders') }} as orders
    where
        orders.status <> 'cancelled'
        and orders.ordered_on <= {{ as_of() }}
        and orders.party_link_id in (
            select links.party_link_id from {{ ref('xref_account_parties') }} as links
            where links.account_party_id is not null
        )
),

by_customer as (
    select sum(order_value_eur) as eur from {{ ref('customer_360') }}
)

select
    by_order.eur as order_eur,
    by_customer.eur as customer_eur
from by_order
cross join by_customer
where coalesce(by_order.eur, 0) <> coalesce(by_customer.eur, 0)
