-- One row per month, and per month and kind of customer: customers with an order in the month.
{{ by_month_and_kind('count(*)', ref('metric_base__buyers')) }}
