{# EUR of an amount; a currency without a rate gives null, which a test reports. #}
{% macro in_eur(amount, currency, rate) -%}
    case when {{ currency }} = 'EUR' then {{ amount }}
        else cast({{ amount }} * {{ rate }} as decimal(18, 2)) end
{%- endmacro %}

{# `Hauptstr. 12a` → the street before the last number. #}
{% macro street_part(field) -%}
    nullif(trim(regexp_replace({{ field }}, '\s+\d+\s*[a-zA-Z]?([-/]\d+\s*[a-zA-Z]?)?$', '')), '')
{%- endmacro %}

{% macro house_number_part(field) -%}
    nullif(regexp_extract({{ field }}, '\s(\d+\s*[a-zA-Z]?([-/]\d+\s*[a-zA-Z]?)?)$', 1), '')
{%- endmacro %}
