-- One row per billing document of the ERP, credit memos included.
with orders_billed as (
    select items.source, items.invoice_number, min(orders.record_id) as order_record_id
    from {{ ref('stg_s4__billing_items') }} as items
    inner join {{ ref('stg_s4__sales_orders') }} as orders using (source, order_number)
    group by all
)

select
    invoices.record_id as invoice_record_id,
    invoices.source,
    invoices.invoice_number,
    billed.order_record_id,
    buyers.record_id as buyer_record_id,
    case when buyers.category = '2' then buyers.record_id end as organisation_record_id,
    invoices.invoiced_on,
    case invoices.kind when 'F2' then 'invoice' when 'G2' then 'credit' end as kind,
    invoices.is_cancelled,
    invoices.currency,
    invoices.amount_net,
    invoices.tax_amount,
    coalesce(invoices.clearing_status = 'C', false) as is_cleared
from {{ ref('stg_s4__billing_documents') }} as invoices
left join orders_billed as billed using (source, invoice_number)
left join {{ ref('stg_s4__business_partners') }} as buyers
    on invoices.source = buyers.source and invoices.sold_to_key = buyers.partner_key
