-- One row per run, gate, and check or watched figure of it: what the quality report shows, for all runs there were.
with checks as (
    select * from {{ source('quality', 'check_results') }}
),

figures as (
    select * from {{ source('quality', 'figure_results') }}
),

runs as (
    select
        run_id,
        gate,
        max(checked_at) as checked_at
    from checks
    group by run_id, gate
),

results as (
    select
        run_id,
        gate,
        'check' as kind,
        table_name as subject,
        name,
        rule,
        severity,
        rows_checked as rows,
        cast(rows_failed as double) as value,
        cast(null as double) as times_the_limit,
        case when passed then 'passed' when severity = 'error' then 'stopped' else 'warned' end as status,
        expected,
        observed
    from checks
    union all
    select
        run_id,
        gate,
        'figure' as kind,
        subject,
        figure as name,
        cast(null as varchar) as rule,
        'warn' as severity,
        rows,
        value,
        times_the_limit,
        case when times_the_limit > 1 then 'warned' else 'passed' end as status,
        cast(null as varchar) as expected,
        cast(null as varchar) as observed
    from figures
),

final as (
    select
        concat_ws('|', results.run_id, results.gate, results.kind, results.subject, results.name) as dq_result_id,
        results.run_id,
        runs.checked_at,
        results.run_id = '{{ var("run_id") }}' as is_of_this_build,
        results.gate,
        results.kind,
        results.subject,
        results.name,
        results.rule,
        results.severity,
        results.rows,
        results.value,
        results.times_the_limit,
        results.status,
        results.expected,
        results.observed
    from results
    inner join runs on results.run_id = runs.run_id and results.gate = runs.gate
)

select * from final
order by dq_result_id
