{# `Hauptstr. 12a` → the street before the house number; `12/3/4`, `5-7` and `12 a` count as one. #}
{% macro street_part(field) -%}
    nullif(trim(regexp_replace({{ field }}, '[\s,]+\d+\s?[a-zA-Z]?(\s?[-/]\s?\d+\s?[a-zA-Z]?)*$', '')), '')
{%- endmacro %}

{# `Hauptstr. 12a` → `12a`. #}
{% macro house_number_part(field) -%}
    nullif(regexp_extract({{ field }}, '[\s,](\d+\s?[a-zA-Z]?(\s?[-/]\s?\d+\s?[a-zA-Z]?)*)$', 1), '')
{%- endmacro %}
