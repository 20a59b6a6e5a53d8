-- A fact without a customer is lost to every report by customer. Only what names nobody we may know has none: an address
-- that is no contact, or a record that was set aside as a test or nonsense (the gates see that each other is in golden).
with facts as (
    select 'order' as kind, order_record_id as fact_id, party_link_id from {{ ref('fct_orders') }}
    union all
    select 'invoice' as kind, invoice_record_id as fact_id, party_link_id from {{ ref('fct_invoices') }}
    union all
    select 'quote' as kind, quote_record_id as fact_id, party_link_id from {{ ref('fct_quotes') }}
    union all
    select 'ticket' as kind, ticket_record_id as fact_id, party_link_id from {{ ref('fct_tickets') }}
    union all
    select 'feedback' as kind, feedback_record_id as fact_id, party_link_id from {{ ref('fct_feedback') }}
    union all
    select 'email_event' as kind, event_record_id as fact_id, party_link_id from {{ ref('fct_email_events') }}
)

select
    facts.kind,
    facts.fact_id
from facts
left join {{ ref('xref_account_parties') }} as links on facts.party_link_id = links.party_link_id
left join {{ source('golden', 'xref_parties') }} as crosswalk on links.acting_record_id = crosswalk.record_id
where
    links.account_party_id is null
    and (
        crosswalk.record_id is not null
        or (facts.party_link_id is null and facts.kind <> 'email_event')
    )
