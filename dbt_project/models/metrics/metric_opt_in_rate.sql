-- One row per channel for the month of the as-of date: share of the current customers whom marketing may reach there.
{%- for channel in ['email', 'sms', 'phone', 'post'] %}
select
    {{ month_of(as_of()) }} as month,
    'channel' as dimension,
    '{{ channel }}' as member,
    cast(count(*) filter (where permission_{{ channel }}) / count(*) as decimal(18, 4)) as value,
    count(*) as rests_on
from {{ ref('customer_360') }}
where not coalesce(restricted, true)
having count(*) > 0
{{ "union all" if not loop.last }}
{%- endfor %}
