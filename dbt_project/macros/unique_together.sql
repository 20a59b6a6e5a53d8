{# Data test of a model's key that takes several columns: rows that share all of them. #}
{% macro test_unique_together(model, columns) -%}
    select {{ columns | join(', ') }}, count(*) as times
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{%- endmacro %}
