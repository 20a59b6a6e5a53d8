-- Three temporary tables beside each party type's records, from match_input and the std_ tables:
-- party_emails, party_phones and party_places. One row per record that has any.
create or replace temp table party_emails as
select
    i.record_id,
    list(distinct s.email order by s.email) as emails,
    list(distinct s.domain order by s.domain) filter (s.domain is not null) as domains,
    min(s.email) as email,
    arg_min(s.letters, s.email) as email_letters,
    min(s.email_local) filter (not s.is_role) as email_local
from match_input as i, unnest(i.emails) as given(raw)
inner join std_email as s on s.raw = given.raw
where s.email is not null
group by i.record_id;

create or replace temp table party_phones as
select i.record_id, list(distinct s.phone order by s.phone) as phones, min(s.phone) as phone
from match_input as i, unnest(i.phones) as given(raw)
inner join std_phone as s
    on s.raw = given.raw and s.region is not distinct from i.country
where s.phone is not null
group by i.record_id;

create or replace temp table party_places as
with parts as (
    select
        i.record_id,
        i.country,
        s.street,
        coalesce(h.house_number, s.number_in_street) as house_number,
        p.postcode,
        c.city
    from match_input as i
    left join std_street as s on s.raw = i.street
    left join std_house_number as h on h.raw = i.house_number
    left join std_postcode as p on p.raw = i.postcode
    left join std_city as c on c.raw = i.city
)
select
    *,
    coalesce(postcode, city) as place,
    street || '|' || house_number || '|' || postcode as door
from parts;
