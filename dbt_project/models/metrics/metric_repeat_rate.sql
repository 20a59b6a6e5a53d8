-- One row per month, and per month and kind of customer: of all who had bought by its end, who bought on a second day.
with months as (
    select distinct {{ month_of('date_day') }} as month
    from {{ ref('dim_date') }}
    where date_day <= {{ as_of() }}
),

customers as (
    select distinct
        party_id,
        customer_kind,
        first_order_on,
        second_order_on
    from {{ ref('metric_base__buyers') }}
),

steps as (
    select
        {{ month_of('first_order_on') }} as month,
        customer_kind,
        1 as buyers,
        0 as repeaters
    from customers
    union all
    select
        {{ month_of('second_order_on') }} as month,
        customer_kind,
        0 as buyers,
        1 as repeaters
    from customers
    where second_order_on is not null
),

-- What lies before the calendar begins counts in its first month.
dated as (
    select * replace (greatest(steps.month, (select min(months.month) from months)) as month)
    from steps
),

counted as (
    select
        month,
        'total' as dimension,
        'all' as member,
        sum(buyers) as buyers,
        sum(repeaters) as repeaters
    from dated
    group by month
    union all
    select
        month,
        'customer_kind' as dimension,
        customer_kind as member,
        sum(buyers) as buyers,
        sum(repeaters) as repeaters
    from dated
    group by month, customer_kind
),

members as (
    select distinct
        dimension,
        member
    from counted
),

running as (
    select
        months.month,
        members.dimension,
        members.member,
        sum(coalesce(counted.buyers, 0)) over so_far as buyers,
        sum(coalesce(counted.repeaters, 0)) over so_far as repeaters
    from months
    cross join members
    left join counted
        on
            months.month = counted.month
            and members.dimension = counted.dimension
            and members.member = counted.member
    window so_far as (partition by members.dimension, members.member order by months.month)
)

select
    month,
    dimension,
    member,
    cast(repeaters / buyers as decimal(18, 4)) as value,
    cast(buyers as bigint) as rests_on
from running
where buyers > 0
