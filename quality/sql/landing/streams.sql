-- One row per source and stream that landed anything: its latest load against what is live.
with ranked as (
    select *, row_number() over (partition by source, stream order by load_id desc) as age
    from landing.all_loads
),
usual as (
    select source, stream, median(rows) as rows, count(*) as loads
    from ranked where age > 1 group by all
),
rejected as (
    select source, stream, count(*) as rows, count_if(rule = 'mandatory_null') as mandatory_null
    from landing.all_rejected group by all
),
dropped as (select source, stream, count(*) as rows from landing.all_dropped group by all),
counted as (
    select
        latest.*,
        coalesce(dropped.rows, 0) as dropped,
        coalesce(live.live, 0) as live,
        coalesce(live.hollow, 0) as hollow,
        coalesce(live.doubled, 0) as doubled,
        coalesce(rejected.rows, 0) as all_rejected,
        coalesce(rejected.mandatory_null, 0) as mandatory_null,
        usual.loads as usual_loads,
        usual.rows as usual_rows
    from ranked as latest
    left join landed_streams as live
        on latest.source = live.source and latest.stream = live.stream
    left join rejected on latest.source = rejected.source and latest.stream = rejected.stream
    left join dropped on latest.source = dropped.source and latest.stream = dropped.stream
    left join usual on latest.source = usual.source and latest.stream = usual.stream
    where latest.age = 1
)
select
    source || '.' || stream as subject,
    live + all_rejected as checked,
    coalesce(all_rejected / nullif(live + all_rejected, 0), 0)::double as rejected_share,
    all_rejected as rejected_share_affected,
    mandatory_null,
    -- A total is landed only where it counts what that read showed; after a full read every record
    -- it counted is live, stands rejected, or was dropped by somebody.
    case when mode = 'full'
        then greatest(coalesce(server_total, 0) - live - all_rejected - dropped, 0)
        else 0 end as missing,
    case when usual_loads >= 3 then rows / greatest(10 * usual_rows, 1000) else 0 end::double
        as times_the_limit,
    rows as times_the_limit_affected,
    case when deletes > 20 then deletes / (live + deletes) else 0 end::double as deleted_share,
    deletes as deleted_share_affected,
    hollow,
    doubled
from counted
order by subject
