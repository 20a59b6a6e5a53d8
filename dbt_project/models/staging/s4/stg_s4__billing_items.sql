-- One row per live billing document item of SAP S/4HANA, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 's4_billing_items') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('BillingDocument') }} as invoice_number,
        {{ whole('BillingDocumentItem') }} as line_no,
        {{ text('SalesDocument') }} as order_number,
        {{ text('Material') }} as product_key,
        {{ text('BillingDocumentItemText') }} as product_name,
        {{ text('MaterialGroup') }} as category,
        {{ quantity('BillingQuantity') }} as quantity,
        {{ money('NetAmount') }} as amount_net,
        {{ text('TransactionCurrency') }} as currency
    from source
)

select * from renamed
