{#
    Of each of these systems that has landed anything, the rows of its own model `<thing>__<system>`, added to a query.
    The others cost nothing: neither their staging nor this part of the query is built. By name: a model leaves out
    the columns that its system does not know, and they are null.
#}
{% macro and_each(thing, systems) -%}
    {%- for system in systems if system in var('systems') %}
    union all by name
    select * from {{ ref(thing ~ '__' ~ system) }}
    {%- endfor %}
{%- endmacro %}
