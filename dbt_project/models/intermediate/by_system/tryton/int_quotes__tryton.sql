-- One row per sale of Tryton that is a quotation, or was cancelled as one; one that was won is an order.
select
    sales.record_id as quote_record_id,
    sales.source,
    sales.order_number as quote_number,
    accounts.record_id as buyer_record_id,
    case when accounts.is_firm then accounts.record_id end as organisation_record_id,
    coalesce(sales.sold_on, sales.created_at::date) as quoted_on,
    case sales.state when 'quotation' then 'open' when 'cancelled' then 'lost' end as status,
    sales.currency,
    sales.amount_net
from {{ ref('stg_tryton__sales') }} as sales
left join {{ ref('int_accounts__tryton') }} as accounts using (source, party_key)
-- A draft that was thrown away never had a number.
where sales.state = 'quotation'
    or (sales.state = 'cancelled' and sales.sold_on is null and sales.order_number is not null)
