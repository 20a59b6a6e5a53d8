-- One row per stream: field groups that do not say why they may be held.
select
    system || '.' || stream as subject,
    count(*) as checked,
    count_if(coalesce(purpose, '') = '' or coalesce(legal_basis, '') = ''
        or coalesce(retention, '') = '') as affected
from landing.stream_basis
group by all
order by subject
