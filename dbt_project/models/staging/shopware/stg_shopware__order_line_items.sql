-- One row per live order line item of Shopware 6, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'shopware_order_line_items') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as line_key,
        {{ text('orderId') }} as order_key,
        {{ text('payload.productNumber') }} as product_key,
        {{ text('label') }} as product_name,
        {{ text('payload.category') }} as category,
        {{ quantity('quantity') }} as quantity,
        {{ money('totalPrice') }} as amount_total,
        {{ text('type') }} as kind
    from source
)

select * from renamed
