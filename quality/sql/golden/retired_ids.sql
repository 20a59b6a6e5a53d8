-- One row per retired id.
select
    retired.party_id as subject,
    1 as checked,
    1 as affected,
    (self.party_id is null and (retired.resolves_to is null or target.party_id is not null))::integer
        as resolves
from golden.retired_parties as retired
left join golden.golden_parties as target on retired.resolves_to = target.party_id
left join golden.golden_parties as self on retired.party_id = self.party_id
