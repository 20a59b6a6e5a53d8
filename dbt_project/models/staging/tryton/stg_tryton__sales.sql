-- One row per live sale of Tryton, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'tryton_sales') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as sale_key,
        {{ text('number') }} as order_number,
        {{ text('reference') }} as reference,
        {{ text('party') }} as party_key,
        {{ text('state') }} as state,
        {{ tryton_day('sale_date') }} as sold_on,
        {{ text('currency.code') }} as currency,
        {{ tryton_money('untaxed_amount') }} as amount_net,
        {{ tryton_money('total_amount') }} as amount_total,
        {{ tryton_moment('create_date') }} as created_at,
        {{ tryton_moment('write_date') }} as updated_at
    from source
)

select * from renamed
