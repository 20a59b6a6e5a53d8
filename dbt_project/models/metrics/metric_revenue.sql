-- One row per month, and per month and kind of customer: net value of the orders of the month.
{{ by_month_and_kind('sum(amount_net_eur)', ref('metric_base__orders')) }}
