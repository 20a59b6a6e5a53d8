-- One row per answer of Zendesk: CSAT 1 good or 0 bad from ratings, NPS 0 to 10 from the ticket's own field.
with csat as (
    select
        ratings.record_id || ':csat' as feedback_record_id,
        ratings.source,
        tickets.record_id as ticket_record_id,
        users.record_id as respondent_record_id,
        'csat' as kind,
        case when ratings.score = 'good' then 1 else 0 end as score,
        coalesce(ratings.updated_at, ratings.created_at) as given_at
    from {{ ref('stg_zendesk__satisfaction_ratings') }} as ratings
    left join {{ ref('stg_zendesk__tickets') }} as tickets using (source, ticket_key)
    left join {{ ref('stg_zendesk__users') }} as users
        on ratings.source = users.source and ratings.requester_key = users.user_key
    where ratings.score in ('good', 'bad')
),

nps as (
    select
        tickets.record_id || ':nps' as feedback_record_id,
        tickets.source,
        tickets.record_id as ticket_record_id,
        users.record_id as respondent_record_id,
        'nps' as kind,
        tickets.nps_score as score,
        tickets.updated_at as given_at
    from {{ ref('stg_zendesk__tickets') }} as tickets
    left join {{ ref('stg_zendesk__users') }} as users
        on tickets.source = users.source and tickets.requester_key = users.user_key
    where tickets.nps_score between 0 and 10
)

select * from csat
union all by name
select * from nps
