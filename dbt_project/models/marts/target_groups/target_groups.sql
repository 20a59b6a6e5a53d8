-- One row per target group of stamm.yaml: what it means, how many are in it, and whether that is what was expected.
with declared as (
    select
        cast(null as varchar) as target_group,
        cast(null as varchar) as description,
        cast(null as varchar) as owner,
        cast(null as varchar) as condition,
        cast(null as varchar) as severity,
        cast(null as bigint) as at_least,
        cast(null as bigint) as at_most,
        cast(null as double) as at_least_share,
        cast(null as double) as at_most_share,
        cast([] as varchar[]) as never
    where false
    {%- for group in var('target_groups') if group.condition is defined %}
    union all
    select
        '{{ group.name }}',
        {{ literal(group.description) }},
        {{ literal(group.owner) }},
        {{ literal(group.condition) }},
        '{{ group.severity }}',
        {{ group.at_least }},
        {{ 'null' if group.at_most is none else group.at_most }},
        {{ 'null' if group.at_least_share is none else group.at_least_share }},
        {{ 'null' if group.at_most_share is none else group.at_most_share }},
        [{{ "'" ~ group.never | join("', '") ~ "'" if group.never else '' }}]::varchar []
    {%- endfor %}
),

customers as (
    select count(*) as customers
    from {{ ref('customer_360') }} as profiles
    where {{ may_be_targeted('profiles') }}
),

members as (
    select * from {{ ref('target_group_members') }}
),

counted as (
    select
        target_group,
        count(*) as members,
        count(*) filter (where may_leave) as may_leave,
        count(*) filter (where permission_email) as permission_email,
        count(*) filter (where permission_sms) as permission_sms,
        count(*) filter (where permission_phone) as permission_phone,
        count(*) filter (where permission_post) as permission_post
    from members
    group by target_group
),

shared as (
    select
        declared.target_group,
        count(distinct mine.party_id) as members
    from declared
    inner join members as mine on declared.target_group = mine.target_group
    inner join members as theirs
        on mine.party_id = theirs.party_id and list_contains(declared.never, theirs.target_group)
    group by declared.target_group
),

measured as (
    select
        declared.*,
        coalesce(counted.members, 0) as members,
        cast(coalesce(counted.members / nullif(customers.customers, 0), 0) as decimal(7, 6)) as share,
        coalesce(counted.may_leave, 0) as may_leave,
        coalesce(counted.permission_email, 0) as permission_email,
        coalesce(counted.permission_sms, 0) as permission_sms,
        coalesce(counted.permission_phone, 0) as permission_phone,
        coalesce(counted.permission_post, 0) as permission_post,
        coalesce(shared.members, 0) as shared_members
    from declared
    cross join customers
    left join counted on declared.target_group = counted.target_group
    left join shared on declared.target_group = shared.target_group
),

final as (
    select
        target_group,
        description,
        owner,
        condition,
        members,
        share,
        may_leave,
        permission_email,
        permission_sms,
        permission_phone,
        permission_post,
        severity,
        nullif(concat_ws(
            '; ',
            case when members < at_least then concat('expected at least ', at_least, ' members, found ', members) end,
            case when members > at_most then concat('expected at most ', at_most, ' members, found ', members) end,
            case
                when share < at_least_share
                    then concat('expected a share of at least ', at_least_share, ', found ', share)
            end,
            case
                when share > at_most_share
                    then concat('expected a share of at most ', at_most_share, ', found ', share)
            end,
            case
                when shared_members > 0
                    then concat(
                        'expected no member in common with ', array_to_string(never, ', '), ', found ', shared_members
                    )
            end
        ), '') as not_as_expected,
        {{ build_at() }} as build_at,
        {{ as_of() }} as as_of
    from measured
)

select * from final
order by target_group
