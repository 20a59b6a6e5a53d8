{# What systems and clerks write where there is no name; the rest of the record still counts. #}
{% macro unnamed(field) -%}
    case when lower({{ field }}) not in ('unbekannt', 'unknown', 'n.n.', 'nn', 'n/a', 'k.a.', 'keine angabe', '-', 'null', 'none')
        then {{ field }} end
{%- endmacro %}

{# Systems write 1970-01-01 or 0001-01-01 where they mean "unset". #}
{% macro unmasked(expression, kind) -%}
    case when {{ expression }}::date not in (date '1970-01-01', date '0001-01-01', date '1900-01-01')
        then {{ expression }}::{{ kind }} end
{%- endmacro %}
