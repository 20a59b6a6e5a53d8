{# One spelling per address, as suppressions have it: mailboxes in lower case, numbers as `+` and digits. #}
{% macro canonical_address(field) -%}
    case
        when contains({{ field }}, '@') then lower(trim({{ field }}))
        else regexp_replace({{ field }}, '[^0-9+]', '', 'g')
    end
{%- endmacro %}
