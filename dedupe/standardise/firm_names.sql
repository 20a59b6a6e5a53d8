-- One row per organisation record with a name: the name, and the domains of its mailboxes.
select
    i.record_id,
    s.name,
    coalesce(m.domains, []) as domains
from organisations as i
inner join link.std_company as s on s.raw = i.company_name
left join (
    select
        b.record_id,
        list(e.domain order by e.domain) as domains
    from (select record_id, unnest(emails) as raw from organisations) as b
    inner join link.std_email as e on e.raw = b.raw
    where e.domain is not null
    group by b.record_id
) as m on m.record_id = i.record_id
where s.name is not null
order by i.record_id
