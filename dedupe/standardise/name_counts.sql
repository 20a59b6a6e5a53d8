-- One row per word of names and role, in link.person_context: how many records have it there.
create or replace table link.person_context as
select 'given_count' as kind, given_word as word, count(*)::double as amount
from name_words
where given_raw is not null and given_word is not null
group by given_word
union all
select 'family_count', family_word, count(*)::double
from name_words
where family_raw is not null and family_word is not null
group by family_word
order by kind, word;
