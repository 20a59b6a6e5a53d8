-- One row per order that counts: not cancelled, on or before the as-of date; with whose customer relation it is.
select
    orders.order_record_id,
    {{ month_of('orders.ordered_on') }} as month,
    orders.ordered_on,
    links.account_party_id as party_id,
    coalesce(customers.customer_kind, 'unknown') as customer_kind,
    orders.amount_net_eur
from {{ ref('fct_orders') }} as orders
left join {{ ref('xref_account_parties') }} as links on orders.party_link_id = links.party_link_id
left join {{ ref('dim_customer') }} as customers
    on links.account_party_id = customers.party_id and customers.is_current
where orders.status <> 'cancelled' and orders.ordered_on <= {{ as_of() }}
