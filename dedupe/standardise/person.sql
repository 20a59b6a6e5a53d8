-- One row per person record of match_input, standardised; rid numbers them by record id.
create or replace table link.person_records as
with halves as (
    select
        i.*,
        coalesce(i.given_name, case when i.family_name is null then f.given_part end) as given_raw,
        coalesce(i.family_name, case when i.given_name is null then f.family_part end) as family_raw,
        case when i.given_name is null and i.family_name is null then f.single end as single
    from match_input as i
    left join std_full as f on f.raw = i.full_name
),
-- A lone name is a given name if the table knows it better as one.
given_counts as (
    select lower(given_raw) as word, count(*) as n from halves where given_raw is not null group by 1
),
family_counts as (
    select lower(family_raw) as word, count(*) as n from halves where family_raw is not null group by 1
),
placed as (
    select
        h.* exclude (given_raw, family_raw),
        coalesce(h.given_raw, case when coalesce(g.n, 0) > coalesce(f.n, 0) then h.single end) as given_raw,
        coalesce(h.family_raw, case when coalesce(g.n, 0) <= coalesce(f.n, 0) then h.single end) as family_raw
    from halves as h
    left join given_counts as g on g.word = lower(h.single)
    left join family_counts as f on f.word = lower(h.single)
),
firms as (
    select i.record_id, s.name
    from all_match_input as i
    inner join std_company as s on s.raw = i.company_name
    where i.party_type = 'organisation'
),
standardised as (
    select
        i.record_id,
        t.title,
        g.given,
        g.given_root,
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
        e.email_local,
        p.phones,
        p.phone,
        a.street,
        a.house_number,
        a.postcode,
        a.city,
        a.country,
        a.place,
        a.door,
        coalesce(c.name, firms.name) as company
    from placed as i
    left join std_given as g on g.raw = i.given_raw
    left join std_family as f on f.raw = i.family_raw
    left join std_title as t on t.raw = coalesce(i.title, i.given_raw)
    left join party_emails as e on e.record_id = i.record_id
    left join party_phones as p on p.record_id = i.record_id
    left join party_places as a on a.record_id = i.record_id
    left join std_company as c on c.raw = i.company_name
    left join firms on firms.record_id = i.organisation_key
)
select row_number() over (order by record_id) as rid, *
from standardised
order by record_id;
