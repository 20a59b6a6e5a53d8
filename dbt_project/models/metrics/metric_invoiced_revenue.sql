-- One row per month, and per month and kind of customer: what the documents of the month add to turnover.
with documents as (
    select
        {{ month_of('invoices.invoiced_on') }} as month,
        coalesce(customers.customer_kind, 'unknown') as customer_kind,
        invoices.signed_net_eur
    from {{ ref('fct_invoices') }} as invoices
    left join {{ ref('xref_account_parties') }} as links on invoices.party_link_id = links.party_link_id
    left join {{ ref('dim_customer') }} as customers
        on links.account_party_id = customers.party_id and customers.is_current
    where not invoices.is_cancelled and invoices.invoiced_on <= {{ as_of() }}
)

{{ by_month_and_kind('sum(signed_net_eur)', 'documents') }}
