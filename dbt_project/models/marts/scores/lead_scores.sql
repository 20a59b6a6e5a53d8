-- One row per lead (a current customer without an order by then) and moment: the as-of date, and 90 days before it as the test.
with moments as (
    select
        {{ as_of() }} as scored_on,
        true as is_current
    union all
    select
        {{ as_of() }} - 90 as scored_on,
        false as is_current
),

parties as (
    select
        customers.party_id,
        customers.customer_kind,
        cast(golden.first_seen as date) as first_seen_on
    from {{ ref('dim_customer') }} as customers
    inner join {{ source('golden', 'golden_parties') }} as golden on customers.party_id = golden.party_id
    where customers.is_current and {{ may_be_profiled() }}
),

orders as (
    select
        links.account_party_id as party_id,
        min(facts.ordered_on) as first_ordered_on
    from {{ ref('fct_orders') }} as facts
    inner join {{ ref('xref_account_parties') }} as links on facts.party_link_id = links.party_link_id
    where facts.status <> 'cancelled' and facts.ordered_on <= {{ as_of() }}
    group by links.account_party_id
),

leads as (
    select
        parties.party_id,
        parties.customer_kind,
        moments.scored_on,
        moments.is_current,
        case when not moments.is_current then orders.party_id is not null end as bought_within_90_days
    from moments
    inner join parties on moments.is_current or moments.scored_on >= parties.first_seen_on
    left join orders on parties.party_id = orders.party_id
    where orders.party_id is null or orders.first_ordered_on > moments.scored_on
),

touches as (
    select
        leads.party_id,
        leads.scored_on,
        count(*) as engagements,
        max(cast(facts.touched_at as date)) as engaged_on,
        bool_or(
            facts.kind = 'email_clicked' and cast(facts.touched_at as date) > leads.scored_on - 90
        ) as clicked_lately
    from leads
    inner join {{ ref('xref_account_parties') }} as links on leads.party_id = links.account_party_id
    inner join {{ ref('fct_touchpoints') }} as facts
        on links.party_link_id = facts.party_link_id and cast(facts.touched_at as date) <= leads.scored_on
    where facts.kind in ('ticket', 'feedback', 'email_opened', 'email_clicked')
    group by leads.party_id, leads.scored_on
),

-- What became of a quotation later is not known at an earlier moment; its dates are.
quotes as (
    select
        leads.party_id,
        leads.scored_on,
        count(*) as quotes,
        bool_or(
            coalesce(facts.valid_until, facts.quoted_on + 30) >= leads.scored_on
            and (not leads.is_current or facts.status = 'open')
        ) as has_open_quote
    from leads
    inner join {{ ref('xref_account_parties') }} as links on leads.party_id = links.account_party_id
    inner join {{ ref('fct_quotes') }} as facts
        on links.party_link_id = facts.party_link_id and leads.scored_on >= facts.quoted_on
    group by leads.party_id, leads.scored_on
),

consents as (
    select
        leads.party_id,
        leads.scored_on,
        events.event in ('granted', 'confirmed') as opted_in
    from leads
    inner join {{ ref('xref_account_parties') }} as links on leads.party_id = links.account_party_id
    inner join {{ ref('fct_consent_events') }} as events
        on
            links.party_link_id = events.party_link_id
            and cast(events.occurred_at as date) <= leads.scored_on
    qualify row_number() over (
        partition by leads.party_id, leads.scored_on
        order by events.occurred_at desc, events.consent_event_id desc
    ) = 1
),

pointed as (
    select
        leads.*,
        coalesce(touches.engagements, 0) as engagements,
        touches.engaged_on,
        coalesce(quotes.quotes, 0) as quotes,
        touches.party_id is null and quotes.party_id is null and consents.party_id is null as is_unknown,
        case
            when touches.engaged_on > leads.scored_on - 30 then 30
            when touches.engaged_on > leads.scored_on - 90 then 20
            when touches.engaged_on > leads.scored_on - 365 then 10
            else 0
        end as recency_points,
        case when quotes.has_open_quote then 40 else 0 end as quote_points,
        case when consents.opted_in then 15 else 0 end as opt_in_points,
        case when touches.clicked_lately then 15 else 0 end as click_points
    from leads
    left join touches on leads.party_id = touches.party_id and leads.scored_on = touches.scored_on
    left join quotes on leads.party_id = quotes.party_id and leads.scored_on = quotes.scored_on
    left join consents on leads.party_id = consents.party_id and leads.scored_on = consents.scored_on
),

final as (
    select
        party_id,
        customer_kind,
        scored_on,
        is_current,
        engagements,
        engaged_on,
        quotes,
        recency_points,
        quote_points,
        opt_in_points,
        click_points,
        case
            when not is_unknown then recency_points + quote_points + opt_in_points + click_points
        end as lead_score,
        case when is_unknown then 'nothing_known' end as lead_score_missing_because,
        bought_within_90_days
    from pointed
)

select * from final
order by party_id, scored_on
