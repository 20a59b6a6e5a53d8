-- One row per current customer who bought of a category: what it may buy next, and where it buys below its peers.
with lines as (
    select
        customers.party_id,
        customers.customer_kind,
        orders.order_record_id,
        lines.category,
        lines.quantity,
        lines.amount_net_eur
    {{ lines_bought() }}
),

customers as (
    select
        party_id,
        customer_kind,
        count(distinct category) as categories,
        count(distinct order_record_id) as orders
    from lines
    group by party_id, customer_kind
),

categories as (
    select
        customer_kind,
        count(distinct category) as categories
    from lines
    group by customer_kind
),

bought as (
    select
        party_id,
        customer_kind,
        category,
        count(*) filter (where quantity > 0 and amount_net_eur > 0) as priced_lines,
        cast(
            sum(amount_net_eur) filter (where quantity > 0 and amount_net_eur > 0)
            / nullif(sum(quantity) filter (where quantity > 0 and amount_net_eur > 0), 0)
            as decimal(18, 2)
        ) as price_eur
    from lines
    group by party_id, customer_kind, category
),

next_categories as (
    select
        bought.party_id,
        pairs.next_category,
        pairs.category as next_category_because,
        pairs.support,
        pairs.confidence,
        pairs.lift,
        pairs.customers_with_both
    from bought
    inner join {{ ref('category_associations') }} as pairs
        on bought.customer_kind = pairs.customer_kind and bought.category = pairs.category
    anti join bought as already
        on bought.party_id = already.party_id and pairs.next_category = already.category
    where pairs.is_surer_than_chance
    qualify row_number() over (
        partition by bought.party_id
        order by pairs.confidence desc, pairs.lift desc, pairs.next_category asc, pairs.category asc
    ) = 1
),

-- A price is told by three lines or more, of the customer and of each peer.
prices as (
    select
        party_id,
        customer_kind,
        category,
        price_eur
    from bought
    where priced_lines >= 3
),

peers as (
    select
        customer_kind,
        category,
        count(*) as customers,
        cast(quantile_disc(price_eur, 0.25) as decimal(18, 2)) as low_price_eur,
        cast(quantile_disc(price_eur, 0.5) as decimal(18, 2)) as usual_price_eur
    from prices
    group by customer_kind, category
),

compared as (
    select
        prices.party_id,
        prices.category,
        prices.price_eur,
        peers.usual_price_eur,
        peers.customers >= {{ least_peers() }} as has_peers,
        prices.price_eur < peers.low_price_eur as buys_below
    from prices
    inner join peers on prices.customer_kind = peers.customer_kind and prices.category = peers.category
),

priced as (
    select
        party_id,
        bool_or(has_peers) as has_peers
    from compared
    group by party_id
),

upsells as (
    select * from compared
    where has_peers and buys_below
    qualify row_number() over (
        partition by party_id
        order by usual_price_eur / price_eur desc, category asc
    ) = 1
),

final as (
    select
        customers.party_id,
        customers.customer_kind,
        {{ as_of() }} as as_of,
        customers.orders,
        customers.categories,
        next_categories.next_category,
        next_categories.next_category_because,
        next_categories.support as next_category_support,
        next_categories.confidence as next_category_confidence,
        next_categories.lift as next_category_lift,
        next_categories.customers_with_both as next_category_customers,
        case
            when next_categories.party_id is not null then null
            when customers.categories = categories.categories then 'has_all_categories'
            else 'no_association_surer_than_chance'
        end as next_category_missing_because,
        upsells.category as upsell_category,
        upsells.price_eur as upsell_price_eur,
        upsells.usual_price_eur as upsell_peer_price_eur,
        case
            when upsells.party_id is not null then null
            when priced.party_id is null then 'fewer_than_three_lines'
            when not priced.has_peers then 'too_few_peers'
            else 'buys_no_cheaper_than_peers'
        end as upsell_missing_because
    from customers
    inner join categories on customers.customer_kind = categories.customer_kind
    left join next_categories on customers.party_id = next_categories.party_id
    left join priced on customers.party_id = priced.party_id
    left join upsells on customers.party_id = upsells.party_id
)

select * from final
order by party_id
