-- One row per live partner of a sales order of SAP S/4HANA, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 's4_sales_order_partners') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('SalesOrder') }} as order_number,
        {{ text('PartnerFunction') }} as partner_function,
        {{ text('Customer') }} as customer_key,
        {{ text('ContactPerson') }} as contact_key
    from source
)

select * from renamed
