-- Turnover by customer would lose what belongs to a party that dim_customer does not hold.
select links.account_party_id
from {{ ref('xref_account_parties') }} as links
left join {{ ref('dim_customer') }} as customers
    on links.account_party_id = customers.party_id and customers.is_current
where links.account_party_id is not null and customers.party_id is null
