{# EUR of an amount; a currency without a rate gives null, which a test reports. #}
{% macro in_eur(amount, currency_rate) -%}
    cast({{ amount }} * {{ currency_rate }} as decimal(18, 2))
{%- endmacro %}
