{# SAP keeps titles as codes of its customising table; an unknown code stays as it is. #}
{% macro s4_academic_title(path) -%}
    case {{ text(path) }}
        when '0001' then 'Dr.'
        when '0002' then 'Prof. Dr.'
        when '0006' then 'Dipl.-Ing.'
        when '0007' then 'Mag.'
        when '0008' then 'Ing.'
        else {{ text(path) }}
    end
{%- endmacro %}
