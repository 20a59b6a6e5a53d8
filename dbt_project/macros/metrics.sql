{# A metric's rows: one per month for all, and one per month and kind of customer. `rows` has `month` and `customer_kind`. #}
{% macro by_month_and_kind(value, rows) -%}
select
    month,
    'total' as dimension,
    'all' as member,
    cast({{ value }} as decimal(18, 4)) as value,
    count(*) as rests_on
from {{ rows }}
group by month
union all
select
    month,
    'customer_kind' as dimension,
    customer_kind as member,
    cast({{ value }} as decimal(18, 4)) as value,
    count(*) as rests_on
from {{ rows }}
group by month, customer_kind
{%- endmacro %}

{# The first day of a day's month. #}
{% macro month_of(day) -%}
    cast(date_trunc('month', {{ day }}) as date)
{%- endmacro %}

{# Minutes within which a ticket of this priority is promised an answer; null where nothing is promised. #}
{% macro promised_minutes(priority) -%}
    case
        when false then null
        {%- for level in var('service_levels') if level.minutes is defined %}
        when coalesce({{ priority }}, 'normal') = '{{ level.priority }}' then {{ level.minutes }}
        {%- endfor %}
    end
{%- endmacro %}

{# A name or sentence as an SQL literal. #}
{% macro literal(text) -%}
    '{{ (text or '') | trim | replace("'", "''") }}'
{%- endmacro %}
