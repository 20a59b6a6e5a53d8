-- One row per organisation record of match_input, standardised; seq numbers them.
with own_domains as (
    select
        i.seq,
        nullif(list_sort(list_distinct(list_filter(
            list_append(coalesce(e.domains, []), d.domain), x -> x is not null
        ))), []) as domains
    from match_input as i
    left join link.std_domain as d on d.raw = i.website_domain
    left join party_emails as e on e.seq = i.seq
),
domain_labels as (
    select o.seq, list_sort(list_distinct(list(l.label))) as labels
    from (select seq, unnest(domains) as domain from own_domains) as o
    inner join link.std_label as l on l.raw = o.domain
    where l.label is not null
    group by o.seq
)

select
    i.seq,
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
left join link.std_company as c on c.raw = coalesce(i.company_name, i.full_name)
left join link.std_vat_id as v on v.raw = i.vat_id and v.region is not distinct from i.country
left join own_domains as o on o.seq = i.seq
left join domain_labels as b on b.seq = i.seq
left join party_emails as e on e.seq = i.seq
left join party_phones as p on p.seq = i.seq
left join party_places as a on a.seq = i.seq
