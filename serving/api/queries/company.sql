-- One row: an organisation with its parent, branches and people that may be shown. $party
select
    d.party_id, d.parent_party_id, d.company_name, d.legal_form, d.vat_id, d.website_domain, d.street,
    d.house_number, d.postcode, d.city, d.country,
    (select count(*) from dim_contact as k where k.organisation_party_id = d.party_id) as contacts,
    coalesce(
        (select list(b.party_id order by b.party_id) from dim_company as b where b.parent_party_id = d.party_id), []
    ) as branches
from dim_company as d
where d.party_id = $party
