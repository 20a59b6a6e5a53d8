-- One row per tie between a person and an organisation, from either side. $party
select person_party_id, organisation_party_id, role, basis, title, given_name, family_name, email, phone
from party_contacts
where party_id = $party and organisation_party_id is not null
order by person_party_id, organisation_party_id
