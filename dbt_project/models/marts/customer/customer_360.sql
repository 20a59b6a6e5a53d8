-- One row per current customer: who it is, how to reach it, what it bought, how it fares. Facts up to the as-of date.
with customers as (
    select * from {{ ref('dim_customer') }}
    where is_current
),

links as (
    select
        party_link_id,
        account_party_id as party_id
    from {{ ref('xref_account_parties') }}
    where account_party_id is not null
),

golden as (
    select
        party_id,
        records,
        list_sort(sources) as sources,
        first_seen,
        last_seen
    from {{ source('golden', 'golden_parties') }}
),

households as (
    select
        party_id,
        min(household_id) as household_id
    from {{ ref('bridge_household') }}
    group by party_id
),

orders as (
    select
        links.party_id,
        count(*) as orders,
        count(*) filter (where facts.status = 'open') as open_orders,
        min(facts.ordered_on) as first_order_on,
        max(facts.ordered_on) as last_order_on,
        sum(facts.amount_net_eur) as order_value_eur
    from {{ ref('fct_orders') }} as facts
    inner join links on facts.party_link_id = links.party_link_id
    where facts.status <> 'cancelled' and facts.ordered_on <= {{ as_of() }}
    group by links.party_id
),

invoices as (
    select
        links.party_id,
        sum(facts.signed_net_eur) as invoiced_eur
    from {{ ref('fct_invoices') }} as facts
    inner join links on facts.party_link_id = links.party_link_id
    where facts.invoiced_on <= {{ as_of() }}
    group by links.party_id
),

quotes as (
    select
        links.party_id,
        count(*) as quotes,
        count(*) filter (where facts.status = 'open') as open_quotes
    from {{ ref('fct_quotes') }} as facts
    inner join links on facts.party_link_id = links.party_link_id
    where facts.quoted_on <= {{ as_of() }}
    group by links.party_id
),

tickets as (
    select
        links.party_id,
        count(*) as tickets,
        count(*) filter (where facts.is_open) as open_tickets
    from {{ ref('fct_tickets') }} as facts
    inner join links on facts.party_link_id = links.party_link_id
    where cast(facts.created_at as date) <= {{ as_of() }}
    group by links.party_id
),

touches as (
    select
        links.party_id,
        facts.touched_at,
        facts.kind
    from {{ ref('fct_touchpoints') }} as facts
    inner join links on facts.party_link_id = links.party_link_id
    where cast(facts.touched_at as date) <= {{ as_of() }}
    qualify row_number() over (
        partition by links.party_id
        order by facts.touched_at desc, facts.touchpoint_id asc
    ) = 1
),

feedback as (
    select
        links.party_id,
        count(*) filter (where facts.kind = 'csat') as csat_answers,
        sum(facts.score) filter (where facts.kind = 'csat') as csat_good,
        count(*) filter (where facts.kind = 'nps') as nps_answers,
        count(*) filter (where facts.kind = 'nps' and facts.score >= 9) as nps_promoters,
        count(*) filter (where facts.kind = 'nps' and facts.score <= 6) as nps_detractors
    from {{ ref('fct_feedback') }} as facts
    inner join links on facts.party_link_id = links.party_link_id
    where cast(facts.given_at as date) <= {{ as_of() }} and facts.score is not null
    group by links.party_id
),

permissions as (
    select
        party_id,
        bool_or(channel = 'email' and permission = 'given') as permission_email,
        bool_or(channel = 'sms' and permission = 'given') as permission_sms,
        bool_or(channel = 'phone' and permission = 'given') as permission_phone,
        bool_or(channel = 'post' and permission = 'given') as permission_post
    from {{ ref('consent_permissions') }}
    group by party_id
),

final as (
    select
        customers.party_id,
        customers.customer_version_id,
        customers.customer_kind,
        customers.lifecycle,
        customers.customer_name,
        customers.title,
        customers.given_name,
        customers.family_name,
        customers.company_name,
        customers.legal_form,
        customers.vat_id,
        customers.birth_date,
        customers.email,
        customers.phone,
        customers.street,
        customers.house_number,
        customers.postcode,
        customers.city,
        customers.country,
        customers.website_domain,
        customers.restricted,
        households.household_id,
        golden.sources,
        golden.records,
        golden.first_seen,
        golden.last_seen,
        coalesce(orders.orders, 0) as orders,
        coalesce(orders.open_orders, 0) as open_orders,
        orders.first_order_on,
        orders.last_order_on,
        cast({{ as_of() }} - orders.last_order_on as integer) as days_since_last_order,
        cast(coalesce(orders.order_value_eur, 0) as decimal(18, 2)) as order_value_eur,
        cast(coalesce(invoices.invoiced_eur, 0) as decimal(18, 2)) as invoiced_eur,
        coalesce(quotes.quotes, 0) as quotes,
        coalesce(quotes.open_quotes, 0) as open_quotes,
        coalesce(tickets.tickets, 0) as tickets,
        coalesce(tickets.open_tickets, 0) as open_tickets,
        touches.touched_at as last_touch_at,
        touches.kind as last_touch_kind,
        coalesce(permissions.permission_email, false) as permission_email,
        coalesce(permissions.permission_sms, false) as permission_sms,
        coalesce(permissions.permission_phone, false) as permission_phone,
        coalesce(permissions.permission_post, false) as permission_post,
        coalesce(feedback.csat_answers, 0) as csat_answers,
        cast(feedback.csat_good / nullif(feedback.csat_answers, 0) as decimal(5, 4)) as csat,
        coalesce(feedback.nps_answers, 0) as nps_answers,
        cast(
            100 * (feedback.nps_promoters - feedback.nps_detractors) / nullif(feedback.nps_answers, 0)
            as decimal(6, 2)
        ) as nps,
        {{ as_of() }} as as_of
    from customers
    left join golden on customers.party_id = golden.party_id
    left join households on customers.party_id = households.party_id
    left join orders on customers.party_id = orders.party_id
    left join invoices on customers.party_id = invoices.party_id
    left join quotes on customers.party_id = quotes.party_id
    left join tickets on customers.party_id = tickets.party_id
    left join touches on customers.party_id = touches.party_id
    left join feedback on customers.party_id = feedback.party_id
    left join permissions on customers.party_id = permissions.party_id
)

select * from final
order by party_id
