{# What both marts of customers tell, and a condition reads in customer_360. #}
{% macro columns_of_both() -%}
    party_id, customer_kind, as_of, csat, csat_answers, nps_answers
{%- endmacro %}

{# Nobody whose processing is restricted, and nobody suppressed, whatever id the suppression named. #}
{% macro may_be_targeted(customers) -%}
    not coalesce({{ customers }}.restricted, true)
        and not exists (
            select 1
            from {{ source('ops', 'suppressions') }} as suppressions
            left join {{ source('golden', 'retired_parties') }} as retired on suppressions.party_id = retired.party_id
            where coalesce(retired.resolves_to, suppressions.party_id) = {{ customers }}.party_id
        )
{%- endmacro %}
