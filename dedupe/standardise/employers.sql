-- Two tables of names of firms, by all organisation records of the match input.
-- link.firm_names: one row per organisation record with a name.
create or replace table link.firm_names as
select i.record_id, s.name
from organisations as i
inner join link.std_company as s on s.raw = i.company_name
where s.name is not null
order by i.record_id;

-- link.domain_firms: one row per mail domain: the name that most of its records give to the firm.
create or replace table link.domain_firms as
select distinct on (s.domain) s.domain, f.name
from (select record_id, unnest(emails) as raw from organisations) as i
inner join link.firm_names as f on f.record_id = i.record_id
inner join link.std_email as s on s.raw = i.raw
where s.domain is not null
group by s.domain, f.name
order by s.domain, count(*) desc, f.name;
