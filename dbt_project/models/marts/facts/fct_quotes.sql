-- One row per quotation.
with quotes as (
    select * from {{ ref('int_quotes') }}
),

final as (
    select
        quote_record_id,
        source,
        quote_number,
        {{ party_link_id('buyer_record_id', 'organisation_record_id') }} as party_link_id,
        buyer_record_id,
        organisation_record_id,
        cast(quoted_on as date) as quoted_on,
        cast(valid_until as date) as valid_until,
        status,
        currency,
        amount_net,
        amount_net_eur
    from quotes
)

select * from final
order by quote_record_id
