-- One row per kind of customer and ordered pair of categories bought by one customer: what the first says of the second.
with bought as (
    select distinct
        customers.party_id,
        customers.customer_kind,
        lines.category
    {{ lines_bought() }}
),

kinds as (
    select
        customer_kind,
        count(distinct party_id) as customers
    from bought
    group by customer_kind
),

single as (
    select
        customer_kind,
        category,
        count(*) as customers
    from bought
    group by customer_kind, category
),

pairs as (
    select
        had.customer_kind,
        had.category,
        next.category as next_category,
        count(*) as customers_with_both
    from bought as had
    inner join bought as next on had.party_id = next.party_id and had.category <> next.category
    group by had.customer_kind, had.category, next.category
),

measured as (
    select
        pairs.customer_kind,
        pairs.category,
        pairs.next_category,
        kinds.customers,
        had.customers as customers_with_category,
        next.customers as customers_with_next,
        pairs.customers_with_both,
        pairs.customers_with_both / kinds.customers as support,
        pairs.customers_with_both / had.customers as confidence,
        next.customers / kinds.customers as share_of_all
    from pairs
    inner join kinds on pairs.customer_kind = kinds.customer_kind
    inner join single as had
        on pairs.customer_kind = had.customer_kind and pairs.category = had.category
    inner join single as next
        on pairs.customer_kind = next.customer_kind and pairs.next_category = next.category
),

final as (
    select
        customer_kind,
        category,
        next_category,
        {{ as_of() }} as as_of,
        customers,
        customers_with_category,
        customers_with_next,
        customers_with_both,
        cast(support as decimal(7, 6)) as support,
        cast(confidence as decimal(7, 6)) as confidence,
        cast(confidence / share_of_all as decimal(18, 6)) as lift,
        -- The lower end of the 95 % interval of the confidence lies above the share among all.
        customers_with_both >= {{ least_peers() }}
        and confidence - 1.96 * sqrt(confidence * (1 - confidence) / customers_with_category) > share_of_all
            as is_surer_than_chance
    from measured
)

select * from final
order by customer_kind, category, next_category
