-- One row per mail domain: the name that most records of firms give to it.
select distinct on (domain)
    domain,
    name
from (select name, unnest(domains) as domain from link.firm_names)
group by domain, name
order by domain, count(*) desc, name
