-- Three temporary tables beside each party type's records, from match_input and the std_ tables:
-- party_emails, party_phones and party_places. One row per record that has any, by its number seq.
-- Most records have one of a kind at most: only of several is anything gathered.
create or replace temp table party_emails as
with given as (
    select
        i.seq,
        i.several,
        s.email,
        s.domain,
        s.letters,
        case when not s.is_role then s.email_local end as local
    from (select seq, len(emails) > 1 as several, unnest(emails) as raw from match_input) as i
    inner join link.std_email as s on s.raw = i.raw
    where s.email is not null
)

select
    seq,
    [email] as emails,
    case when domain is not null then [domain] end as domains,
    email,
    letters as email_letters,
    local as email_local
from given
where not several
union all
select
    seq,
    list_sort(list_distinct(list(email))) as emails,
    nullif(list_sort(list_distinct(list(domain))), []) as domains,
    min(email) as email,
    arg_min(letters, email) as email_letters,
    min(local) as email_local
from given
where several
group by seq;

create or replace temp table party_phones as
with given as (
    select i.seq, i.several, s.phone
    from (select seq, country, len(phones) > 1 as several, unnest(phones) as raw from match_input) as i
    inner join link.std_phone as s
        on s.raw = i.raw and s.region is not distinct from i.country
    where s.phone is not null
)

select seq, [phone] as phones, phone from given where not several
union all
select seq, list_sort(list_distinct(list(phone))) as phones, min(phone) as phone
from given
where several
group by seq;

create or replace temp table party_places as
with parts as (
    select
        i.seq,
        i.country,
        s.street,
        coalesce(h.house_number, s.number_in_street) as house_number,
        p.postcode,
        c.city
    from match_input as i
    left join link.std_street as s on s.raw = i.street
    left join link.std_house_number as h on h.raw = i.house_number
    left join link.std_postcode as p on p.raw = i.postcode
    left join link.std_city as c on c.raw = i.city
)

select
    *,
    coalesce(postcode, city) as place,
    street || '|' || house_number || '|' || postcode as door
from parts;
