-- One row per attribute: golden cells with a value, and those without a record of the party behind them.
with texts as (
    select
        party_id, title, given_name, family_name, full_name, company_name, legal_form,
        birth_date::varchar as birth_date, email, phone, street, house_number, postcode, city,
        country, vat_id, website_domain
    from golden.golden_parties
),
cells as (unpivot texts on columns(* exclude (party_id)) into name attribute value content),
sourced as (
    select distinct lineage.party_id, lineage.attribute
    from golden.golden_lineage as lineage
    inner join golden.xref_parties as xref
        on lineage.record_id = xref.record_id and lineage.party_id = xref.party_id
)
select
    cells.attribute as subject,
    count(*) as checked,
    count_if(sourced.party_id is null) as without_lineage
from cells
left join sourced on cells.party_id = sourced.party_id and cells.attribute = sourced.attribute
group by cells.attribute
order by subject
