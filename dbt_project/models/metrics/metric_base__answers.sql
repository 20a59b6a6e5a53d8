-- One row per answer to CSAT or NPS up to the as-of date, with the kind of customer it speaks for.
select
    feedback.feedback_record_id,
    feedback.kind,
    feedback.score,
    {{ month_of('feedback.given_at') }} as month,
    coalesce(customers.customer_kind, 'unknown') as customer_kind
from {{ ref('fct_feedback') }} as feedback
left join {{ ref('xref_account_parties') }} as links on feedback.party_link_id = links.party_link_id
left join {{ ref('dim_customer') }} as customers
    on links.account_party_id = customers.party_id and customers.is_current
where cast(feedback.given_at as date) <= {{ as_of() }} and feedback.score is not null
