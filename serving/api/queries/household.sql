-- One row per member of the household that a party belongs to. $party
select h.household_id, h.party_id, h.basis, h.evidence, g.full_name, g.birth_date
from golden_households as h
inner join golden_parties as g on h.party_id = g.party_id
where h.household_id in (select household_id from golden_households where party_id = $party)
order by h.party_id
