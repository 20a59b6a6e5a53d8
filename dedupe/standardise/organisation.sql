-- One row per organisation record of match_input, standardised; rid numbers them by record id.
create or replace table link.organisation_records as
with own_domains as (
    select
        i.record_id,
        nullif(list_sort(list_distinct(list_filter(
            list_append(coalesce(e.domains, []), d.domain), x -> x is not null
        ))), []) as domains
    from match_input as i
    left join std_domain as d on d.raw = i.website_domain
    left join party_emails as e on e.record_id = i.record_id
),
domain_labels as (
    select o.record_id, list(distinct l.label order by l.label) as labels
    from own_domains as o, unnest(o.domains) as own(domain)
    inner join std_label as l on l.raw = own.domain
    where l.label is not null
    group by o.record_id
),
standardised as (
    select
        i.record_id,
        c.name,
        c.name_compact,
        c.name_first,
        c.legal_form,
        c.name_sound,
        v.vat_id,
        c.name_start,
        list_sort(list_distinct(list_filter(
            list_append(coalesce(b.labels, []), c.name_label), x -> x is not null
        ))) as labels,
        o.domains,
        e.emails,
        e.email,
        p.phones,
        p.phone,
        a.street,
        a.house_number,
        a.postcode,
        a.city,
        a.country,
        a.place,
        a.door
    from match_input as i
    left join std_company as c on c.raw = coalesce(i.company_name, i.full_name)
    left join std_vat_id as v on v.raw = i.vat_id and v.region is not distinct from i.country
    left join own_domains as o on o.record_id = i.record_id
    left join domain_labels as b on b.record_id = i.record_id
    left join party_emails as e on e.record_id = i.record_id
    left join party_phones as p on p.record_id = i.record_id
    left join party_places as a on a.record_id = i.record_id
)
select row_number() over (order by record_id) as rid, *
from standardised
order by record_id;
