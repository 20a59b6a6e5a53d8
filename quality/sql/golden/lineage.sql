-- One row per attribute: golden cells with a value, those without a record of the party behind them, and those that
-- do not say why they may be held.
with texts as (
    select
        party_id, title, given_name, family_name, full_name, company_name, legal_form,
        birth_date::varchar as birth_date, email, phone, street, house_number, postcode, city,
        country, vat_id, website_domain
    from golden.golden_parties
),
cells as (unpivot texts on columns(* exclude (party_id)) into name attribute value content),
sourced as (
    select
        lineage.party_id,
        lineage.attribute,
        bool_or(coalesce(lineage.purpose, '') <> '' and coalesce(lineage.legal_basis, '') <> ''
            and coalesce(lineage.retention, '') <> '') as has_basis
    from golden.golden_lineage as lineage
    inner join golden.xref_parties as xref
        on lineage.record_id = xref.record_id and lineage.party_id = xref.party_id
    group by lineage.party_id, lineage.attribute
)
select
    cells.attribute as subject,
    count(*) as checked,
    count_if(sourced.party_id is null) as without_lineage,
    count_if(not sourced.has_basis) as without_basis
from cells
left join sourced on cells.party_id = sourced.party_id and cells.attribute = sourced.attribute
group by cells.attribute
order by subject
