-- One row per live sales order item of SAP S/4HANA, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 's4_sales_order_items') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('SalesOrder') }} as order_number,
        {{ whole('SalesOrderItem') }} as line_no,
        {{ text('Material') }} as product_key,
        {{ text('SalesOrderItemText') }} as product_name,
        {{ text('MaterialGroup') }} as category,
        {{ quantity('RequestedQuantity') }} as quantity,
        {{ money('NetAmount') }} as amount_net,
        {{ text('TransactionCurrency') }} as currency
    from source
)

select * from renamed
