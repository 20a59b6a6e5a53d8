-- One row: accounts that are no current customer, and the cents by which turnover by customer and by order differ.
with accounts as (
    select distinct account_party_id as party_id from marts.xref_account_parties
    where account_party_id is not null
),
current as (select party_id from marts.dim_customer where is_current),
by_order as (
    select sum(orders.amount_net_eur) as eur
    from marts.fct_orders as orders
    inner join marts.xref_account_parties as links using (party_link_id)
    where orders.status <> 'cancelled' and orders.ordered_at::date <= (select max(as_of) from marts.customer_360)
        and links.account_party_id is not null
),
by_customer as (select sum(order_value_eur) as eur from marts.customer_360)
select
    'customer_360' as subject,
    (select count(*) from marts.customer_360) as checked,
    (select count(*) from accounts where party_id not in (select party_id from current)) as strangers,
    (100 * abs(coalesce(by_order.eur, 0) - coalesce(by_customer.eur, 0)))::bigint as cents_apart
from by_order cross join by_customer
