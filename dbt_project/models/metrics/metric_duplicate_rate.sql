-- One row per source for the month of the as-of date, and one for all: duplicates of a hundred records.
select
    month,
    dimension,
    member,
    cast(value / rests_on as decimal(18, 4)) as value,
    rests_on
from {{ ref('metric_duplicates') }}
