-- One row per party and social network: the profile that was named last.
with handles as (
    select * from {{ ref('int_social_handles') }}
),

crosswalk as (
    select * from {{ source('golden', 'xref_parties') }}
),

final as (
    select
        md5(concat(crosswalk.party_id, '|', handles.network)) as social_handle_id,
        crosswalk.party_id,
        handles.network,
        handles.url,
        handles.record_id,
        handles.observed_at,
        handles.purpose,
        handles.legal_basis,
        handles.retention
    from handles
    inner join crosswalk on handles.record_id = crosswalk.record_id
    qualify row_number() over (
        partition by crosswalk.party_id, handles.network
        order by handles.observed_at desc nulls last, handles.record_id asc
    ) = 1
)

select * from final
order by party_id, network
