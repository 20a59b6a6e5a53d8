-- One row per tie between a person and an organisation, from either side. $party
select person_party_id, organisation_party_id, role, basis, title, given_name, family_name, email, phone
from (
    from dim_contact where person_party_id = $party and organisation_party_id is not null
    union all
    from dim_contact where organisation_party_id = $party
)
order by person_party_id, organisation_party_id
