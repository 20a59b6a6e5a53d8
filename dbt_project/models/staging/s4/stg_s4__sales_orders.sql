-- One row per live sales order of SAP S/4HANA, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 's4_sales_orders') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('SalesOrder') }} as order_number,
        {{ text('SalesOrderType') }} as kind,
        {{ text('SoldToParty') }} as sold_to_key,
        {{ odata_moment('SalesOrderDate') }} as ordered_at,
        {{ money('TotalNetAmount') }} as amount_net,
        {{ text('TransactionCurrency') }} as currency,
        {{ text('OverallSDProcessStatus') }} as process_status,
        {{ text('ReferenceSDDocument') }} as quote_number,
        {{ odata_moment('LastChangeDateTime') }} as updated_at
    from source
)

select * from renamed
