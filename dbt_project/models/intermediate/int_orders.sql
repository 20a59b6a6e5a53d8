-- One row per order of the ERP or the webshop, with the party record that bought.
with erp_contacts as (
    select source, order_number, min(contact_key) as contact_key
    from {{ ref('stg_s4__sales_order_partners') }}
    where partner_function = 'CP' group by all
),

erp as (
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
    left join erp_contacts as contacts
        on orders.source = contacts.source and orders.order_number = contacts.order_number
    left join {{ ref('stg_s4__business_partners') }} as people
        on contacts.source = people.source and contacts.contact_key = people.partner_key
    left join {{ ref('stg_s4__quotations') }} as quotes
        on orders.source = quotes.source and orders.quote_number = quotes.quote_number
),

shop as (
    select
        orders.record_id as order_record_id,
        orders.source,
        orders.order_number,
        -- A guest without a customer record bought under the order's own party record.
        case when orders.customer_key is null then orders.record_id else customers.record_id end as buyer_record_id,
        facets.record_id as organisation_record_id,
        orders.ordered_at,
        case orders.state
            when 'open' then 'open' when 'in_progress' then 'open'
            when 'completed' then 'done' when 'cancelled' then 'cancelled'
        end as status,
        'webshop' as channel,
        orders.currency,
        orders.amount_net,
        null::varchar as quote_record_id,
        coalesce(orders.updated_at, orders.ordered_at) as updated_at
    from {{ ref('stg_shopware__orders') }} as orders
    left join {{ ref('stg_shopware__customers') }} as customers using (source, customer_key)
    left join {{ ref('int_parties__collected') }} as facets
        on orders.company_name is not null
            and case when orders.customer_key is null then orders.record_id else customers.record_id end = facets.facet_of
),

together as (
    select * from erp
    union all by name
    select * from shop
)

select
    together.*,
    {{ in_eur('together.amount_net', 'rates.eur_per_unit') }} as amount_net_eur
from together
asof left join {{ ref('exchange_rates') }} as rates
    on together.currency = rates.currency and year(together.ordered_at) >= rates.year
