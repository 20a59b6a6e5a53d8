-- One row per metric, as its model's entry and SQL say it: there is no second place that defines one.
with shape as (
    select
        cast(null as varchar) as metric,
        cast(null as varchar) as description,
        cast(null as varchar) as grain,
        cast(null as varchar) as unit,
        cast(null as varchar) as better,
        cast(null as varchar) as owner,
        cast(null as varchar) as sql
    where false
),

defined as (
    select * from shape
    {%- for node in graph.nodes.values() if execute and node.meta and node.meta.unit %}
    union all
    select
        {{ literal(node.name | replace('metric_', '', 1)) }},
        {{ literal(node.description) }},
        {{ literal(node.meta.grain) }},
        {{ literal(node.meta.unit) }},
        {{ literal(node.meta.better) }},
        {{ literal(node.meta.owner) }},
        {{ literal(node.raw_code) }}
    {%- endfor %}
)

select * from defined
order by metric
