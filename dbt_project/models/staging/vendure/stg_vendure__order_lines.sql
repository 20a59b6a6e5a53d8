-- One row per live line of an order of Vendure, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'vendure_order_lines') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('orderId') }} as order_key,
        {{ whole('id') }} as line_key,
        {{ text('productVariant.sku') }} as product_key,
        {{ text('productVariant.name') }} as product_name,
        {{ quantity('quantity') }} as quantity,
        {{ cents('proratedLinePrice') }} as amount_net,
        {{ moment('createdAt') }} as created_at,
        {{ moment('updatedAt') }} as updated_at
    from source
)

select * from renamed
