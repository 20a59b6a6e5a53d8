-- One row per live line of a sale of Tryton, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'tryton_sale_lines') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('sale') }} as sale_key,
        {{ whole('id') }} as line_key,
        {{ whole('sequence') }} as sequence,
        {{ text('type') }} as kind,
        {{ text('product.code') }} as product_key,
        coalesce({{ text('product.name') }}, {{ text('description') }}) as product_name,
        {{ quantity('quantity') }} as quantity,
        {{ tryton_money('amount') }} as amount_net,
        {{ tryton_moment('create_date') }} as created_at,
        {{ tryton_moment('write_date') }} as updated_at
    from source
)

select * from renamed
