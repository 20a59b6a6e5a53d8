-- One row per sale of Tryton that was confirmed; drafts and quotations are none yet.
select
    sales.record_id as order_record_id,
    sales.source,
    sales.order_number,
    accounts.record_id as buyer_record_id,
    case when accounts.is_firm then accounts.record_id end as organisation_record_id,
    coalesce(sales.sold_on::timestamp, sales.created_at) as ordered_at,
    case sales.state
        when 'confirmed' then 'open' when 'processing' then 'open' when 'done' then 'done' when 'cancelled' then 'cancelled'
    end as status,
    'erp' as channel,
    sales.currency,
    sales.amount_net,
    coalesce(sales.updated_at, sales.created_at) as updated_at
from {{ ref('stg_tryton__sales') }} as sales
left join {{ ref('int_accounts__tryton') }} as accounts using (source, party_key)
-- Cancelled before its day was set, it was a quotation that came to nothing.
where sales.state not in ('draft', 'quotation') and (sales.state <> 'cancelled' or sales.sold_on is not null)
