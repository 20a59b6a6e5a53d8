-- One row per person record of match_input, standardised; rid numbers them by record id.
create or replace table link.person_records as
with names as (
    -- What a mailbox tells goes before a lone name, which may stand in the wrong field.
    select
        i.record_id,
        coalesce(m.given, n.given_raw) as given_raw,
        coalesce(m.family, n.family_raw) as family_raw
    from match_input as i
    left join person_names as n on n.record_id = i.record_id
    left join mail_names as m on m.record_id = i.record_id
),
firms as (
    select i.record_id, s.name
    from all_match_input as i
    inner join std_company as s on s.raw = i.company_name
    where i.party_type = 'organisation'
),
-- The name that most records of a mail domain give to its firm.
domain_firms as (
    select distinct on (s.domain) s.domain, f.name
    from (select record_id, unnest(emails) as raw from all_match_input where party_type = 'organisation') as i
    inner join firms as f on f.record_id = i.record_id
    inner join std_email as s on s.raw = i.raw
    where s.domain is not null
    group by s.domain, f.name
    order by s.domain, count(*) desc, f.name
),
domain_names as (
    select i.record_id, min(d.name) as name
    from party_emails as i, unnest(i.domains) as own(domain)
    inner join domain_firms as d on d.domain = own.domain
    group by i.record_id
),
standardised as (
    select
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
    left join names as n on n.record_id = i.record_id
    left join std_given as g on g.raw = n.given_raw
    left join std_family as f on f.raw = n.family_raw
    left join std_title as t on t.raw = coalesce(i.title, n.given_raw)
    left join party_emails as e on e.record_id = i.record_id
    left join party_phones as p on p.record_id = i.record_id
    left join party_places as a on a.record_id = i.record_id
    left join std_company as c on c.raw = i.company_name
    left join domain_names as d on d.record_id = i.record_id
    left join firms on firms.record_id = i.organisation_key
)
select row_number() over (order by record_id) as rid, *
from standardised
order by record_id;
