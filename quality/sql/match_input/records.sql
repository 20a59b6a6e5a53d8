-- One row per party record that linkage looks at; ages, not birth dates.
select
    source,
    stream,
    record_id,
    coalesce(party_type, 'none') as party_type,  -- a null would pass as not looked at
    country,
    (purpose is not null and legal_basis is not null and retention is not null)::integer as has_basis,
    case when birth_date > $as_of::date then -1 else date_sub('year', birth_date, $as_of::date) end as age
from intermediate.int_parties__match_input
