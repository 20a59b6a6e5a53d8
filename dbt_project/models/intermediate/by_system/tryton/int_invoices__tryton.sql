-- One row per posted invoice of Tryton; one below zero is a credit note.
select
    invoices.record_id as invoice_record_id,
    invoices.source,
    invoices.invoice_number,
    accounts.record_id as buyer_record_id,
    case when accounts.is_firm then accounts.record_id end as organisation_record_id,
    invoices.invoiced_on,
    case when invoices.amount_net < 0 then 'credit' else 'invoice' end as kind,
    invoices.state = 'cancelled' as is_cancelled,
    invoices.currency,
    invoices.amount_net,
    invoices.tax_amount,
    invoices.state = 'paid' as is_cleared
from {{ ref('stg_tryton__invoices') }} as invoices
left join {{ ref('int_accounts__tryton') }} as accounts using (source, party_key)
-- A draft has no number yet, and one that was cancelled as a draft never got one.
where invoices.invoice_number is not null and invoices.invoiced_on is not null
