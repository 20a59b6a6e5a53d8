-- One row per pair (acting record, organisation record) that a fact names.
-- Facts carry `party_link_id`, which is made of record ids only; the parties stand here, so an unmerge rewrites no fact.
with tickets as (
    select * from {{ ref('int_tickets') }}
),

feedback as (
    select
        feedback.respondent_record_id,
        tickets.organisation_record_id
    from {{ ref('int_feedback') }} as feedback
    left join tickets on feedback.ticket_record_id = tickets.ticket_record_id
),

named as (
    select
        buyer_record_id as acting_record_id,
        organisation_record_id,
        true as is_commercial
    from {{ ref('int_orders') }}
    union all
    select
        buyer_record_id as acting_record_id,
        organisation_record_id,
        true as is_commercial
    from {{ ref('int_invoices') }}
    union all
    select
        buyer_record_id as acting_record_id,
        organisation_record_id,
        true as is_commercial
    from {{ ref('int_quotes') }}
    union all
    select
        requester_record_id as acting_record_id,
        organisation_record_id,
        true as is_commercial
    from tickets
    union all
    select
        respondent_record_id as acting_record_id,
        organisation_record_id,
        false as is_commercial
    from feedback
    union all
    select
        contact_record_id as acting_record_id,
        cast(null as varchar) as organisation_record_id,
        false as is_commercial
    from {{ ref('int_email_events') }}
    union all
    select
        record_id as acting_record_id,
        cast(null as varchar) as organisation_record_id,
        false as is_commercial
    from {{ ref('int_consent_events') }}
    union all
    select
        record_id as acting_record_id,
        cast(null as varchar) as organisation_record_id,
        false as is_commercial
    from {{ source('ops', 'consent_events') }}
),

links as (
    select
        acting_record_id,
        organisation_record_id,
        bool_or(is_commercial) as is_commercial
    from named
    where coalesce(acting_record_id, organisation_record_id) is not null
    group by acting_record_id, organisation_record_id
),

crosswalk as (
    select * from {{ source('golden', 'xref_parties') }}
),

-- The firm a person most surely acts for.
firms as (
    select
        person_party_id,
        organisation_party_id
    from {{ source('golden', 'golden_party_roles') }}
    qualify row_number() over (
        partition by person_party_id
        order by weight desc nulls last, organisation_party_id asc
    ) = 1
),

parties as (
    select
        links.acting_record_id,
        links.organisation_record_id,
        links.is_commercial,
        buyer.party_id as buyer_party_id,
        organisation.party_id as organisation_party_id,
        facet.party_id as facet_party_id,
        firms.organisation_party_id as firm_party_id
    from links
    left join crosswalk as buyer on links.acting_record_id = buyer.record_id
    left join crosswalk as organisation on links.organisation_record_id = organisation.record_id
    left join crosswalk as facet on concat(links.acting_record_id, '#org') = facet.record_id
    left join firms on buyer.party_id = firms.person_party_id
),

ruled as (
    select
        *,
        case
            when organisation_party_id is not null then 'organisation'
            when facet_party_id is not null then 'facet'
            when organisation_record_id is not null and firm_party_id is not null then 'role'
            when buyer_party_id is not null then 'buyer'
            else 'unknown'
        end as account_basis
    from parties
),

customers as (
    select distinct buyer_party_id as party_id
    from ruled
    where is_commercial and account_basis = 'buyer'
),

-- A click by someone who only ever acts for a firm belongs to the firm: every touch lands on a customer.
touched as (
    select
        ruled.* exclude (account_basis),
        case
            when
                ruled.account_basis = 'buyer'
                and customers.party_id is null
                and ruled.firm_party_id is not null
                then 'contact'
            else ruled.account_basis
        end as account_basis
    from ruled
    left join customers on ruled.buyer_party_id = customers.party_id
),

final as (
    select
        {{ party_link_id('acting_record_id', 'organisation_record_id') }} as party_link_id,
        acting_record_id,
        organisation_record_id,
        buyer_party_id,
        case account_basis
            when 'organisation' then organisation_party_id
            when 'facet' then facet_party_id
            when 'role' then firm_party_id
            when 'contact' then firm_party_id
            when 'buyer' then buyer_party_id
        end as account_party_id,
        account_basis,
        is_commercial
    from touched
)

select * from final
order by party_link_id
