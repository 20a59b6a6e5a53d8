-- One row per month, and per month and kind of customer: customers with an order in the month and one before it.
{{ by_month_and_kind('count(*) filter (where first_order_on < month)', ref('metric_base__buyers')) }}
