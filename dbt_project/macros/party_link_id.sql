{# Key of the pair (who acted, for which firm). Made of record ids only, so an unmerge rewrites no fact. #}
{% macro party_link_id(acting_record_id, organisation_record_id) -%}
    case when coalesce({{ acting_record_id }}, {{ organisation_record_id }}) is not null
        then md5(concat({{ acting_record_id }}, '|', {{ organisation_record_id }})) end
{%- endmacro %}
