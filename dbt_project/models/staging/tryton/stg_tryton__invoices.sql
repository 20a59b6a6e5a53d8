-- One row per live invoice to a customer of Tryton, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'tryton_invoices') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as invoice_key,
        {{ text('number') }} as invoice_number,
        {{ text('reference') }} as reference,
        {{ text('party') }} as party_key,
        {{ text('state') }} as state,
        {{ tryton_day('invoice_date') }} as invoiced_on,
        {{ text('currency.code') }} as currency,
        {{ tryton_money('untaxed_amount') }} as amount_net,
        {{ tryton_money('tax_amount') }} as tax_amount,
        {{ tryton_moment('create_date') }} as created_at,
        {{ tryton_moment('write_date') }} as updated_at
    from source
)

select * from renamed
