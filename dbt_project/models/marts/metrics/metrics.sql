-- One row per metric, month and member of a dimension (`total`, `all`: everybody), as the models in models/metrics define it.
{%- set names = [
    'revenue', 'orders', 'invoiced_revenue', 'active_customers', 'new_customers', 'returning_customers',
    'repeat_rate', 'clv', 'churn', 'nps', 'csat', 'first_response_time', 'resolution_time', 'sla_kept',
    'opt_in_rate', 'duplicates', 'duplicate_rate',
] %}
with told as (
    {%- for name in names %}
    select
        '{{ name }}' as metric,
        month,
        dimension,
        member,
        value,
        rests_on
    from {{ ref('metric_' ~ name) }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

final as (
    select
        concat_ws('|', told.metric, told.month, told.dimension, told.member) as metric_value_id,
        told.metric,
        told.month,
        cast(told.month + interval 1 month - interval 1 day as date) <= {{ as_of() }} as is_complete,
        told.dimension,
        told.member,
        told.value,
        definitions.unit,
        told.rests_on,
        {{ as_of() }} as as_of
    from told
    inner join {{ ref('metric_definitions') }} as definitions on told.metric = definitions.metric
    where told.value is not null
)

select * from final
order by metric, month, dimension, member
