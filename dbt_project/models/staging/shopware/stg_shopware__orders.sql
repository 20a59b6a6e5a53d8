-- One row per live order of Shopware 6, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'shopware_orders') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as order_key,
        {{ text('orderNumber') }} as order_number,
        {{ text('orderCustomer.customerId') }} as customer_key,
        {{ text('orderCustomer.email') }} as email,
        {{ text('orderCustomer.firstName') }} as given_name,
        {{ text('orderCustomer.lastName') }} as family_name,
        {{ text('orderCustomer.company') }} as company_name,
        {{ moment('orderDateTime') }} as ordered_at,
        {{ money('amountTotal') }} as amount_total,
        {{ money('amountNet') }} as amount_net,
        {{ text('taxStatus') }} as tax_status,
        {{ money('shippingCosts.totalPrice') }} as shipping_total,
        list_sum(try_cast(raw ->> '$.shippingCosts.calculatedTaxes[*].tax' as decimal(18, 2)[])) as shipping_tax,
        {{ text('currency.isoCode') }} as currency,
        {{ text('stateMachineState.technicalName') }} as state,
        {{ moment('createdAt') }} as created_at,
        {{ moment('updatedAt') }} as updated_at
    from source
)

select * from renamed
