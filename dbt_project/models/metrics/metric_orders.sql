-- One row per month, and per month and kind of customer: orders of the month.
{{ by_month_and_kind('count(*)', ref('metric_base__orders')) }}
