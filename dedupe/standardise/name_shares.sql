-- One row per word of names and role, added to link.person_context: how much of all given (family)
-- names it is. From temp table named, once lone and swapped names are in their places.
insert into link.person_context
with given_words as (
    select split_part(given, ' ', 1) as word from named where length(given) > 1
),
family_words as (
    select unnest(list_distinct([family] || family_parts)) as word from named
)
select 'given_share', word, count(*) / sum(count(*)) over () from given_words where word is not null group by word
union all
select 'family_share', word, count(*) / sum(count(*)) over () from family_words where word is not null group by word
order by 1, 2;
