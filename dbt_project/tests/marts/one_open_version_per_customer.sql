-- Two open versions would count a customer twice; versions of one customer never overlap.
select
    versions.party_id,
    versions.valid_from
from {{ ref('dim_customer') }} as versions
inner join {{ ref('dim_customer') }} as later
    on
        versions.party_id = later.party_id
        and versions.valid_from < later.valid_from
        and coalesce(versions.valid_to, later.valid_from + interval 1 second) > later.valid_from
