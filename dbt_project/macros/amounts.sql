{# EUR of an amount; a currency without a rate gives null, which a test reports. #}
{% macro in_eur(amount, currency_rate) -%}
    cast({{ amount }} * {{ currency_rate }} as decimal(18, 2))
{%- endmacro %}

{# Net amount of a Shopware order's goods. Its totals hold the shipping, with tax where prices are shown gross. #}
{% macro shopware_goods_net(orders) -%}
    cast(
        {{ orders }}.amount_net - coalesce({{ orders }}.shipping_total, 0)
        + case when {{ orders }}.tax_status = 'gross' then coalesce({{ orders }}.shipping_tax, 0) else 0 end
        as decimal(18, 2)
    )
{%- endmacro %}
