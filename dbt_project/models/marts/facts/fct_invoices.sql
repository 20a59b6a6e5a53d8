-- One row per invoice or credit memo, as issued; `signed_net_eur` is what it adds to turnover.
with invoices as (
    select * from {{ ref('int_invoices') }}
),

final as (
    select
        invoice_record_id,
        source,
        invoice_number,
        {{ party_link_id('buyer_record_id', 'organisation_record_id') }} as party_link_id,
        buyer_record_id,
        organisation_record_id,
        order_record_id,
        invoiced_on,
        kind,
        is_cancelled,
        is_cleared,
        currency,
        amount_net,
        amount_net_eur,
        tax_amount_eur,
        cast(
            case
                when is_cancelled then 0
                when kind = 'credit' then -abs(amount_net_eur)
                else amount_net_eur
            end as decimal(18, 2)
        ) as signed_net_eur
    from invoices
)

select * from final
order by invoice_record_id
