-- One row per golden value of a party that a record won: which, by what rule, since when, on what basis. $party
select
    l.attribute, l.rule, l.record_id, x.source, x.stream, l.observed_at, l.purpose, l.legal_basis,
    l.retention
from {lineage} as l
left join (from {records} where party_id = $party) as x on l.record_id = x.record_id
where l.party_id = $party
order by l.attribute
