{# Readers of the raw JSON: one per wire type. What cannot be read is null, never an error. #}

{% macro text(path) -%}
    nullif(trim(raw ->> '$.{{ path }}'), '')
{%- endmacro %}

{% macro whole(path) -%}
    try_cast(raw ->> '$.{{ path }}' as bigint)
{%- endmacro %}

{% macro quantity(path) -%}
    try_cast(raw ->> '$.{{ path }}' as decimal(18, 3))
{%- endmacro %}

{% macro money(path) -%}
    try_cast(raw ->> '$.{{ path }}' as decimal(18, 2))
{%- endmacro %}

{% macro flag(path) -%}
    coalesce(try_cast(raw ->> '$.{{ path }}' as boolean), false)
{%- endmacro %}

{# ISO 8601 with an offset → timestamp in UTC. Masks of "unset" are null. #}
{% macro moment(path) -%}
    {{ unmasked("timezone('UTC', try_cast(raw ->> '$." ~ path ~ "' as timestamptz))", "timestamp") }}
{%- endmacro %}

{# ISO 8601 day, with or without a time behind it. #}
{% macro day(path) -%}
    {{ unmasked("try_cast(left(raw ->> '$." ~ path ~ "', 10) as date)", "date") }}
{%- endmacro %}

{# OData V2 `/Date(ms)/` → timestamp in UTC. #}
{% macro odata_moment(path) -%}
    {{ unmasked("epoch_ms(try_cast(regexp_extract(raw ->> '$." ~ path ~ "', 'Date\\((-?[0-9]+)', 1) as bigint))", "timestamp") }}
{%- endmacro %}

{% macro odata_day(path) -%}
    cast({{ odata_moment(path) }} as date)
{%- endmacro %}

{# OData V2 `PT8H5M3S` → interval; nothing is midnight. #}
{% macro odata_time(path) -%}
    (
        to_hours(coalesce(try_cast(regexp_extract(raw ->> '$.{{ path }}', '([0-9]+)H', 1) as integer), 0))
        + to_minutes(coalesce(try_cast(regexp_extract(raw ->> '$.{{ path }}', '([0-9]+)M', 1) as integer), 0))
        + to_seconds(coalesce(try_cast(regexp_extract(raw ->> '$.{{ path }}', '([0-9]+)S', 1) as integer), 0))
    )
{%- endmacro %}

{# A day in a file people keep: ISO, German, compact or British order. #}
{% macro written_day(path) -%}
    {% set formats = "['%Y-%m-%d', '%d.%m.%Y', '%Y%m%d', '%d/%m/%Y']" -%}
    {{ unmasked("try_strptime(left(trim(raw ->> '$." ~ path ~ "'), 10), " ~ formats ~ ")", "date") }}
{%- endmacro %}

{# Whole numbers of the currency's smallest unit, a hundredth of most currencies → amount. #}
{% macro cents(path) -%}
    cast(try_cast(raw ->> '$.{{ path }}' as bigint) * 0.01 as decimal(18, 2))
{%- endmacro %}

{# Roundup's `2026-03-01.12:00:00`, which is UTC → timestamp; fractions of a second are left out. #}
{% macro roundup_moment(path) -%}
    {{ unmasked("try_strptime(left(raw ->> '$." ~ path ~ "', 19), '%Y-%m-%d.%H:%M:%S')", "timestamp") }}
{%- endmacro %}
