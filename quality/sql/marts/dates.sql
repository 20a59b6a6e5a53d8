-- One row per fact: rows later than the day after the as-of date (sources keep local time).
with moments as (
    select 'fct_orders' as subject, ordered_at::timestamp as moment from marts.fct_orders
    union all
    select 'fct_invoices', invoiced_on::timestamp from marts.fct_invoices
    union all
    select 'fct_quotes', quoted_on::timestamp from marts.fct_quotes
    union all
    select 'fct_tickets', created_at::timestamp from marts.fct_tickets
    union all
    select 'fct_email_events', occurred_at::timestamp from marts.fct_email_events
    union all
    select 'fct_feedback', given_at::timestamp from marts.fct_feedback
    union all
    select 'fct_consent_events', occurred_at::timestamp from marts.fct_consent_events
)
select
    subject,
    count(*) as checked,
    count_if(moment::date > $as_of::date + 1) as affected
from moments
group by subject
order by subject
