-- One row per live billing document of SAP S/4HANA, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 's4_billing_documents') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('BillingDocument') }} as invoice_number,
        {{ text('BillingDocumentType') }} as kind,
        {{ text('SoldToParty') }} as sold_to_key,
        {{ odata_day('BillingDocumentDate') }} as invoiced_on,
        {{ money('TotalNetAmount') }} as amount_net,
        {{ money('TaxAmount') }} as tax_amount,
        {{ text('TransactionCurrency') }} as currency,
        {{ flag('BillingDocumentIsCancelled') }} as is_cancelled,
        {{ text('InvoiceClearingStatus') }} as clearing_status,
        {{ odata_moment('LastChangeDateTime') }} as updated_at
    from source
)

select * from renamed
