-- One row per live order, cart or draft of Vendure, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'vendure_orders') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as order_key,
        {{ text('code') }} as order_number,
        {{ text('type') }} as kind,
        {{ text('state') }} as state,
        {{ text('customer.id') }} as customer_key,
        {{ moment('orderPlacedAt') }} as ordered_at,
        {{ text('currencyCode') }} as currency,
        {{ cents('subTotal') }} as amount_net,
        {{ cents('totalWithTax') }} as amount_total,
        coalesce({{ text('billingAddress.fullName') }}, {{ text('shippingAddress.fullName') }}) as full_name,
        coalesce({{ text('billingAddress.company') }}, {{ text('shippingAddress.company') }}) as company_name,
        coalesce({{ text('billingAddress.streetLine1') }}, {{ text('shippingAddress.streetLine1') }}) as street,
        coalesce({{ text('billingAddress.postalCode') }}, {{ text('shippingAddress.postalCode') }}) as postcode,
        coalesce({{ text('billingAddress.city') }}, {{ text('shippingAddress.city') }}) as city,
        coalesce({{ text('billingAddress.countryCode') }}, {{ text('shippingAddress.countryCode') }}) as country,
        coalesce({{ text('billingAddress.phoneNumber') }}, {{ text('shippingAddress.phoneNumber') }}) as phone,
        {{ moment('createdAt') }} as created_at,
        {{ moment('updatedAt') }} as updated_at
    from source
)

select * from renamed
