-- One row per person record of match_input, standardised; seq numbers them.
with names as (
    -- What a mailbox tells goes before a lone name, which may stand in the wrong field.
    select
        i.seq,
        coalesce(m.given, n.given_raw) as given_raw,
        coalesce(m.family, n.family_raw) as family_raw
    from match_input as i
    left join person_names as n on n.seq = i.seq
    left join mail_names as m on m.seq = i.seq
),
domain_names as (
    select i.seq, min(d.name) as name
    from (select seq, unnest(domains) as domain from party_emails) as i
    inner join link.domain_firms as d on d.domain = i.domain
    group by i.seq
)

select
    i.seq,
    i.record_id,
    t.title,
    g.given,
    g.given_root,
    split_part(g.given, ' ', 1) as given_first,
    g.given_initial,
    f.family,
    f.family_parts,
    f.family_sound,
    case when g.given < f.family then g.given || ' ' || f.family else f.family || ' ' || g.given end as names_sorted,
    strftime(i.birth_date, '%Y%m%d') as birth,
    strftime(i.birth_date, '%Y%d%m') as birth_swapped,
    strftime(i.birth_date, '%Y') as birth_year,
    case when month(i.birth_date) = 1 and day(i.birth_date) = 1 then strftime(i.birth_date, '%Y') end as birth_placeholder,
    case when length(g.given) > 1 then g.given || '|' || f.family end as whole_name,
    e.emails,
    e.email,
    e.email_letters,
    -- A mailbox called like its owner says no more than the name does.
    case
        when not coalesce(contains(e.email_letters, g.given_root), false)
            and not coalesce(contains(e.email_letters, f.family_parts[1]), false) then e.email_local
    end as email_local,
    p.phones,
    p.phone,
    a.street,
    a.house_number,
    a.postcode,
    a.city,
    a.country,
    a.place,
    a.door,
    coalesce(d.name, firms.name, c.name) as company
from match_input as i
left join names as n on n.seq = i.seq
left join link.std_given as g on g.raw = n.given_raw
left join link.std_family as f on f.raw = n.family_raw
left join link.std_title as t on t.raw = coalesce(i.title, n.given_raw)
left join party_emails as e on e.seq = i.seq
left join party_phones as p on p.seq = i.seq
left join party_places as a on a.seq = i.seq
left join link.std_company as c on c.raw = i.company_name
left join domain_names as d on d.seq = i.seq
left join link.firm_names as firms on firms.record_id = i.organisation_key
