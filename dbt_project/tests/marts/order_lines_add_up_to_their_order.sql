-- Both are net, and without shipping. A cent per line may go where a shop shows its lines gross and they are brought to net.
with lines as (
    select
        order_record_id,
        count(*) as positions,
        sum(amount_net) as amount_net
    from {{ ref('fct_order_lines') }}
    group by order_record_id
)

select
    orders.order_record_id,
    orders.amount_net as order_net,
    lines.amount_net as lines_net
from {{ ref('fct_orders') }} as orders
inner join lines on orders.order_record_id = lines.order_record_id
where abs(orders.amount_net - lines.amount_net) > 0.01 * lines.positions
