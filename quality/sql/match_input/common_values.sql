-- One row per attribute: how often its most common value comes, against what is natural.
-- Below 1,000 values shares say nothing.
with valued as (
    select 'email' as attribute, hash(unnest(emails)) as value, 0.02 as bound
    from intermediate.int_parties__match_input
    union all
    select 'phone', hash(unnest(phones)), 0.02 from intermediate.int_parties__match_input
    union all
    select 'birth_date', hash(birth_date), 0.05
    from intermediate.int_parties__match_input where birth_date is not null
    union all
    select 'family_name', hash(family_name), 0.10
    from intermediate.int_parties__match_input where family_name is not null
    union all
    select 'company_name', hash(company_name), 0.05
    from intermediate.int_parties__match_input where company_name is not null
    union all
    select 'vat_id', hash(vat_id), 0.05
    from intermediate.int_parties__match_input where vat_id is not null
),
counted as (select attribute, bound, value, count(*) as records from valued group by all)
select
    attribute as subject,
    sum(records)::bigint as checked,
    max(records) as affected,
    case when sum(records) < 1000 then 0
        else max(records) / (sum(records) * bound) end::double as times_the_limit
from counted
group by attribute, bound
order by attribute
