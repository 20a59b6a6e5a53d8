-- One row per customer: its current versions. A customer of customer_360 without any counts 0.
with current as (
    select party_id, count(*) as versions from marts.dim_customer where is_current group by party_id
)
select
    coalesce(customers.party_id, current.party_id) as subject,
    1 as checked,
    1 as affected,
    coalesce(current.versions, 0) as current_versions
from marts.customer_360 as customers
full join current on customers.party_id = current.party_id
