-- One row per kind of fact: rows that come twice, and rows that no report by customer would count. Who wrote a ticket may
-- land after it, as a help desk keeps back what changed in its last minute, or be deleted before it: such a ticket waits
-- for its party. An address that is no contact, or a record that was set aside, is nobody we may know. What somebody
-- released before linking, as bought by nobody, is not lost.
with facts as (
    select 'fct_orders' as subject, order_record_id as fact_id, party_link_id from marts.fct_orders
    union all
    select 'fct_invoices', invoice_record_id, party_link_id from marts.fct_invoices
    union all
    select 'fct_quotes', quote_record_id, party_link_id from marts.fct_quotes
    union all
    select 'fct_tickets', ticket_record_id, party_link_id from marts.fct_tickets
    union all
    select 'fct_feedback', feedback_record_id, party_link_id from marts.fct_feedback
    union all
    select 'fct_email_events', event_record_id, party_link_id from marts.fct_email_events
),
linked as (
    select
        facts.subject,
        facts.fact_id,
        links.account_party_id is null and (
            crosswalk.record_id is not null
            or (facts.party_link_id is null and facts.subject in ('fct_orders', 'fct_invoices', 'fct_quotes'))
        ) as has_no_customer,
        facts.party_link_id is null and facts.fact_id in (
            select released.record_id from released_rows as released
            where released.rule = 'fact_has_a_buyer'
        ) as is_released,
        facts.party_link_id is null and facts.subject in ('fct_tickets', 'fct_feedback') as is_waiting
    from facts
    left join marts.xref_account_parties as links using (party_link_id)
    left join golden.xref_parties as crosswalk on links.acting_record_id = crosswalk.record_id
)
select
    subject,
    count(*) as checked,
    count(*) - count(distinct fact_id) as doubled,
    count_if(has_no_customer and not is_released) as without_customer,
    count_if(has_no_customer and is_released) as without_customer_released,
    count_if(is_waiting) as waiting
from linked
group by subject
order by subject
