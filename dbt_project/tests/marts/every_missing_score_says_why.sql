-- A score is either told, and within its range, or null with a reason: never both, never neither.
{% set told = {
    'rfm': 'rfm',
    'share_of_wallet': 'share_of_wallet',
    'churn_probability': 'churn',
    'expected_purchases': 'expected_purchases',
    'expected_value_eur': 'expected_value',
    'clv_eur': 'clv',
    'next_purchase_on': 'next_purchase',
    'next_category': 'next_category',
    'upsell_category': 'upsell',
    'lead_score': 'lead_score',
    'preferred_channel': 'preferred_channel',
    'preferred_hour': 'preferred_hour',
} %}
{% for score, name in told.items() %}
select
    party_id,
    '{{ score }}' as score
from {{ ref('customer_scores') }}
where ({{ score }} is null) <> ({{ name }}_missing_because is not null)
union all
{% endfor %}
select
    party_id,
    'range' as score
from {{ ref('customer_scores') }}
where
    probability_alive not between 0 and 1
    or abs(probability_alive + churn_probability - 1) > 1e-9
    or expected_purchases < 0
    or clv_eur < 0
    or next_purchase_on <= as_of
    or lead_score not between 0 and 100
    or preferred_hour not between 0 and 23
    or preferred_channel_share not between 0 and 1
    or preferred_hour_share not between 0 and 1
