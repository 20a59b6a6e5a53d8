-- One row per month, and per month and kind of customer: customers whose first order falls into the month.
{{ by_month_and_kind('count(*) filter (where first_order_on >= month)', ref('metric_base__buyers')) }}
