-- One row per thing that happened between us and a party, newest first. $party, $at, $id, $kind: where the page before ended. $limit
with links as (
    select party_link_id from party_links where party_id = $party
),
happened as (
    select 'order' as kind, order_record_id as record_id, source, ordered_at as "at", channel,
        order_number as number, status, amount_net_eur, null::integer as score, party_link_id
    from fct_orders
    union all
    select 'quote', quote_record_id, source, quoted_on::timestamp, null,
        quote_number, status, amount_net_eur, null, party_link_id
    from fct_quotes
    union all
    select 'invoice', invoice_record_id, source, invoiced_on::timestamp, null,
        invoice_number, case when is_cancelled then 'cancelled' when is_cleared then 'cleared' else 'open' end,
        signed_net_eur, null, party_link_id
    from fct_invoices
    union all
    select 'ticket', ticket_record_id, source, created_at, channel,
        null, status, null, null, party_link_id
    from fct_tickets
    union all
    select 'feedback_' || kind, feedback_record_id, source, given_at, null,
        null, null, null, score, party_link_id
    from fct_feedback
    union all
    select 'email_' || event, event_record_id, source, occurred_at, 'email',
        null, null, null, null, party_link_id
    from fct_email_events
    union all
    select 'consent_' || event, consent_event_id, source, occurred_at, channel,
        null, purpose, null, null, party_link_id
    from fct_consent_events
)
select kind, record_id, source, "at", channel, number, status, amount_net_eur, score
from happened
where party_link_id in (from links) and "at" is not null
    and ($at::timestamp is null or ("at", record_id, kind) < ($at::timestamp, $id, $kind))
order by "at" desc, record_id desc, kind desc
limit $limit
