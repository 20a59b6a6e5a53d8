-- One row per sales order of the ERP; the contact person of the order bought, else who it was sold to.
with contacts as (
    select source, order_number, min(contact_key) as contact_key
    from {{ ref('stg_s4__sales_order_partners') }}
    where partner_function = 'CP' group by all
)

select
    orders.record_id as order_record_id,
    orders.source,
    orders.order_number,
    coalesce(people.record_id, buyers.record_id) as buyer_record_id,
    case when buyers.category = '2' then buyers.record_id end as organisation_record_id,
    orders.ordered_at,
    case coalesce(orders.process_status, 'A')
        when 'A' then 'open' when 'B' then 'open' when 'C' then 'done'
    end as status,
    'erp' as channel,
    orders.currency,
    orders.amount_net,
    quotes.record_id as quote_record_id,
    orders.updated_at
from {{ ref('stg_s4__sales_orders') }} as orders
left join {{ ref('stg_s4__business_partners') }} as buyers
    on orders.source = buyers.source and orders.sold_to_key = buyers.partner_key
left join contacts
    on orders.source = contacts.source and orders.order_number = contacts.order_number
left join {{ ref('stg_s4__business_partners') }} as people
    on contacts.source = people.source and contacts.contact_key = people.partner_key
left join {{ ref('stg_s4__quotations') }} as quotes
    on orders.source = quotes.source and orders.quote_number = quotes.quote_number
