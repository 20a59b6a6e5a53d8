{# One spelling per address, as `privacy.suppressions.canonical_address` makes it: mailboxes in lower case, numbers as `+`
   and digits, and with a channel (an SQL expression) postal addresses as words and numbers in lower case. #}
{% macro canonical_address(field, channel=none) -%}
    case
        when contains({{ field }}, '@') then lower(trim({{ field }}))
        {%- if channel %}
        when {{ channel }} = 'email' then lower(trim({{ field }}))
        when {{ channel }} = 'post' and regexp_matches({{ field }}, '\p{L}')
            then trim(regexp_replace(lower(nfc_normalize({{ field }})), '[^\p{L}\p{N}]+', ' ', 'g'))
        {%- endif %}
        else regexp_replace({{ field }}, '[^0-9+]', '', 'g')
    end
{%- endmacro %}

{# A postal address without letters: strangers share its digits. #}
{% macro is_shared_address(address, channel) -%}
    ({{ channel }} = 'post' and not regexp_matches({{ address }}, '\p{L}|@'))
{%- endmacro %}

{# The last nine digits of a telephone number; a street has none. #}
{% macro phone_ending(number) -%}
    case
        when not regexp_matches({{ number }}, '\p{L}|@')
            then nullif(regexp_extract(regexp_replace({{ number }}, '[^0-9]', '', 'g'), '[0-9]{9}$'), '')
    end
{%- endmacro %}
