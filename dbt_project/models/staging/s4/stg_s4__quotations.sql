-- One row per live quotation of SAP S/4HANA, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 's4_quotations') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('SalesQuotation') }} as quote_number,
        {{ text('SoldToParty') }} as sold_to_key,
        {{ odata_day('SalesQuotationDate') }} as quoted_on,
        {{ odata_day('BindingPeriodValidityEndDate') }} as valid_until,
        {{ money('TotalNetAmount') }} as amount_net,
        {{ text('TransactionCurrency') }} as currency,
        {{ text('OverallSDProcessStatus') }} as process_status,
        {{ odata_moment('LastChangeDateTime') }} as updated_at
    from source
)

select * from renamed
