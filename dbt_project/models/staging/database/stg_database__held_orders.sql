-- One row per live order of declared tables of databases, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'database_held_orders') }}),

renamed as (
    select
        stream,
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('order_number') }} as order_number,
        {{ text('party_key') }} as party_key,
        {{ moment('ordered_at') }} as ordered_at,
        lower({{ text('status') }}) as status,
        coalesce({{ text('currency') }}, 'EUR') as currency,
        {{ money('amount_net') }} as amount_net
    from source
)

select * from renamed
