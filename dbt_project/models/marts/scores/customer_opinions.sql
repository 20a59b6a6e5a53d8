-- One row per current customer who answered CSAT or NPS up to the as-of date.
with answers as (
    select
        links.account_party_id as party_id,
        feedback.feedback_record_id,
        feedback.kind,
        feedback.score,
        feedback.given_at
    from {{ ref('fct_feedback') }} as feedback
    inner join {{ ref('xref_account_parties') }} as links on feedback.party_link_id = links.party_link_id
    inner join {{ ref('dim_customer') }} as customers
        on links.account_party_id = customers.party_id and customers.is_current
    where cast(feedback.given_at as date) <= {{ as_of() }} and feedback.score is not null
),

latest as (
    select * from answers
    qualify row_number() over (
        partition by party_id, kind
        order by given_at desc, feedback_record_id desc
    ) = 1
),

customers as (
    select
        party_id,
        count(*) filter (where kind = 'csat') as csat_answers,
        sum(score) filter (where kind = 'csat') as csat_good,
        count(*) filter (where kind = 'nps') as nps_answers
    from answers
    group by party_id
),

final as (
    select
        customers.party_id,
        {{ as_of() }} as as_of,
        customers.csat_answers,
        cast(customers.csat_good / nullif(customers.csat_answers, 0) as decimal(5, 4)) as csat,
        csat.score = 1 as csat_last_good,
        cast(csat.given_at as date) as csat_last_on,
        customers.nps_answers,
        nps.score as nps_last_score,
        cast(nps.given_at as date) as nps_last_on,
        case
            when nps.score >= 9 then 'promoter'
            when nps.score >= 7 then 'passive'
            when nps.score >= 0 then 'detractor'
        end as nps_group
    from customers
    left join latest as csat on customers.party_id = csat.party_id and csat.kind = 'csat'
    left join latest as nps on customers.party_id = nps.party_id and nps.kind = 'nps'
)

select * from final
order by party_id
