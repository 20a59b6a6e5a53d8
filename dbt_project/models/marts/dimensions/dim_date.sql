-- One row per day, from fifteen years before the as-of date to the end of the year after it.
with days as (
    select cast(unnest(generate_series(
        date_trunc('year', {{ as_of() }}) - interval 15 year,
        date_trunc('year', {{ as_of() }}) + interval 2 year - interval 1 day,
        interval 1 day
    )) as date) as date_day
),

final as (
    select
        date_day,
        cast(year(date_day) as integer) as calendar_year,
        cast(quarter(date_day) as integer) as calendar_quarter,
        cast(month(date_day) as integer) as calendar_month,
        strftime(date_day, '%Y-%m') as year_month,
        cast(isoyear(date_day) as integer) as iso_year,
        cast(weekofyear(date_day) as integer) as iso_week,
        cast(isodow(date_day) as integer) as iso_weekday,
        dayname(date_day) as weekday_name,
        isodow(date_day) >= 6 as is_weekend,
        date_day = {{ as_of() }} as is_as_of,
        date_day > {{ as_of() }} as is_future
    from days
)

select * from final
order by date_day
