-- One row per quotation of the ERP; won means that an order refers to it, lost that its time ran out before.
with won as (
    select distinct source, quote_number from {{ ref('stg_s4__sales_orders') }}
    where quote_number is not null
)

select
    quotes.record_id as quote_record_id,
    quotes.source,
    quotes.quote_number,
    buyers.record_id as buyer_record_id,
    case when buyers.category = '2' then buyers.record_id end as organisation_record_id,
    quotes.quoted_on,
    quotes.valid_until,
    case
        when won.quote_number is not null or quotes.process_status = 'C' then 'won'
        when quotes.valid_until < {{ as_of() }} then 'lost'
        else 'open'
    end as status,
    quotes.currency,
    quotes.amount_net
from {{ ref('stg_s4__quotations') }} as quotes
left join won using (source, quote_number)
left join {{ ref('stg_s4__business_partners') }} as buyers
    on quotes.source = buyers.source and quotes.sold_to_key = buyers.partner_key
