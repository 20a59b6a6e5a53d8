-- One row per row of a declared table that holds orders. A word for a state that is not known here stops the run: a view
-- in the database that says open, done or cancelled mends it.
select
    orders.record_id as order_record_id,
    orders.source,
    coalesce(orders.order_number, orders.record_key) as order_number,
    parties.record_id as buyer_record_id,
    coalesce(firms.record_id, facets.record_id) as organisation_record_id,
    orders.ordered_at,
    case
        when orders.status is null then 'done'
        when orders.status in ('open', 'offen', 'neu', 'new', 'pending', 'processing', 'in bearbeitung', 'bestätigt', 'confirmed')
            then 'open'
        when orders.status in (
            'done', 'erledigt', 'abgeschlossen', 'completed', 'complete', 'closed', 'geliefert', 'delivered',
            'versendet', 'shipped', 'bezahlt', 'paid'
        ) then 'done'
        when orders.status in ('cancelled', 'canceled', 'storniert', 'storno') then 'cancelled'
    end as status,
    -- Which shop or till it was, the source's name tells.
    orders.source as channel,
    orders.currency,
    orders.amount_net,
    timezone('UTC', orders.fetched_at) as updated_at
from {{ ref('stg_database__held_orders') }} as orders
left join {{ ref('stg_database__held_parties') }} as parties
    on orders.source = parties.source and orders.party_key = parties.record_key
left join {{ ref('int_parties__collected') }} as firms
    on parties.record_id = firms.record_id and firms.party_type = 'organisation'
left join {{ ref('int_parties__collected') }} as facets on parties.record_id = facets.facet_of
