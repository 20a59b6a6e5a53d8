{# What scores share: the least number of customers that a comparison with others may rest on, and the local day. #}

{% macro least_peers() -%}
    20
{%- endmacro %}

{# A UTC timestamp as the clock on the wall says it, in the time zone of stamm.yaml. #}
{% macro local_time(moment) -%}
    ({{ moment }} at time zone 'UTC' at time zone '{{ var("timezone") }}')
{%- endmacro %}

{# Whose processing is restricted (GDPR, Art. 18) is kept and not profiled: no score is made of it, no model fitted on it. #}
{% macro may_be_profiled() -%}
    not coalesce(customers.restricted, false)
{%- endmacro %}

{# Why a score is missing: by its own table, whose columns give the reason; who is not in there is `absent`. #}
{% macro missing_because(scores, absent, column) -%}
    case
            when not customers.may_be_profiled then 'restricted'
            when {{ scores }}.party_id is null then '{{ absent }}'
            else {{ scores }}.{{ column }}
        end
{%- endmacro %}

{# The lines that customers who may be profiled have bought until the as-of date, by category. #}
{% macro lines_bought() -%}
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('fct_orders') }} as orders on lines.order_record_id = orders.order_record_id
    inner join {{ ref('xref_account_parties') }} as links on orders.party_link_id = links.party_link_id
    inner join {{ ref('dim_customer') }} as customers
        on links.account_party_id = customers.party_id and customers.is_current and {{ may_be_profiled() }}
    where orders.status <> 'cancelled' and orders.ordered_on <= {{ as_of() }} and lines.category is not null
{%- endmacro %}
