-- One row per order line.
with lines as (
    select * from {{ ref('int_order_lines') }}
),

final as (
    select
        order_line_record_id,
        source,
        order_record_id,
        cast(line_no as integer) as line_no,
        product_key,
        product_name,
        category,
        quantity,
        currency,
        amount_net,
        amount_net_eur
    from lines
)

select * from final
order by order_line_record_id
