-- One row per ticket up to the as-of date, with the kind of customer it came from and what was promised to it.
select
    tickets.ticket_record_id,
    tickets.source,
    tickets.is_open,
    tickets.created_at,
    tickets.solved_at,
    tickets.first_reply_minutes,
    tickets.resolution_minutes,
    coalesce(customers.customer_kind, 'unknown') as customer_kind,
    {{ promised_minutes('tickets.priority') }} as promised_minutes
from {{ ref('fct_tickets') }} as tickets
left join {{ ref('xref_account_parties') }} as links on tickets.party_link_id = links.party_link_id
left join {{ ref('dim_customer') }} as customers
    on links.account_party_id = customers.party_id and customers.is_current
where cast(tickets.created_at as date) <= {{ as_of() }}
