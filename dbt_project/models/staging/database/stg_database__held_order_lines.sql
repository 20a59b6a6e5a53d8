-- One row per live order line of declared tables of databases, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'database_held_order_lines') }}),

renamed as (
    select
        stream,
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('order_key') }} as order_key,
        {{ whole('line_no') }} as line_no,
        {{ text('product_key') }} as product_key,
        {{ text('product_name') }} as product_name,
        {{ text('category') }} as category,
        {{ quantity('quantity') }} as quantity,
        {{ money('amount_net') }} as amount_net
    from source
)

select * from renamed
