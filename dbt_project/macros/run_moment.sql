{# The run's explicit moments. Models never ask the machine what time it is. #}

{% macro as_of() -%}
    cast('{{ var("as_of") }}' as date)
{%- endmacro %}

{% macro build_at() -%}
    cast('{{ var("build_at") }}' as timestamp)
{%- endmacro %}
