{# Tryton tags its values: `{"__class__": "datetime", "year": 2026, …}`, in UTC → timestamp. #}
{% macro tryton_moment(path) -%}
    {%- set part = "try_cast(raw ->> '$." ~ path ~ "." -%}
    {{ unmasked(
        "case when " ~ part ~ "year' as integer) is not null then make_timestamp("
        ~ part ~ "year' as bigint), " ~ part ~ "month' as bigint), " ~ part ~ "day' as bigint), "
        ~ part ~ "hour' as bigint), " ~ part ~ "minute' as bigint), " ~ part ~ "second' as double)) end",
        "timestamp"
    ) }}
{%- endmacro %}

{# `{"__class__": "date", "year": 2026, "month": 5, "day": 4}` → date. #}
{% macro tryton_day(path) -%}
    {{ unmasked(
        "try_cast(concat_ws('-', raw ->> '$." ~ path ~ ".year', raw ->> '$." ~ path ~ ".month', raw ->> '$."
        ~ path ~ ".day') as date)", "date"
    ) }}
{%- endmacro %}

{# `{"__class__": "Decimal", "decimal": "49.90"}` → amount. #}
{% macro tryton_money(path) -%}
    {{ money(path ~ '.decimal') }}
{%- endmacro %}

{# SQLite gives yes and no as 1 and 0, PostgreSQL as true and false; no word is yes. #}
{% macro tryton_active() -%}
    coalesce(raw ->> '$.active' not in ('0', 'false'), true)
{%- endmacro %}
