-- One row per customer that may leave for a CRM, with the cells that may leave. Nothing passes without a reason:
-- restricted and suppressed customers stay, and every cell needs a legal basis of its own.
{%- set plain = [
    'title', 'given_name', 'family_name', 'company_name', 'legal_form', 'vat_id', 'website_domain', 'street',
    'house_number', 'postcode', 'city', 'country',
] %}

with customers as (
    select * from {{ ref('customer_360') }}
),

retired as (
    select
        party_id,
        resolves_to
    from {{ source('golden', 'retired_parties') }}
),

-- A suppression of a party that was merged away holds for the party it became.
suppressed_parties as (
    select distinct coalesce(retired.resolves_to, suppressions.party_id) as party_id
    from {{ source('ops', 'suppressions') }} as suppressions
    left join retired on suppressions.party_id = retired.party_id
    where suppressions.party_id is not null
),

suppressed_addresses as (
    select distinct {{ canonical_address('address') }} as address
    from {{ source('ops', 'suppressions') }}
    where address is not null
),

-- What each cell rests on. A purpose that is not named here (analysis, measurement, congratulation) lets nothing out.
cells as (
    select
        party_id,
        attribute,
        case
            when purpose in ('contract', 'accounting', 'service')
                then 'contract'
            when purpose = 'business_relation' then 'business_relation'
            when purpose = 'marketing' then 'consent'
        end as basis
    from {{ source('golden', 'golden_lineage') }}
),

bases as (
    select
        party_id,
        bool_or(basis = 'contract') as has_contract,
        bool_or(basis = 'business_relation') as has_relation
        {%- for attribute in plain + ['email', 'phone'] %},
        max(basis) filter (where attribute = '{{ attribute }}') as {{ attribute }}_basis
        {%- endfor %}
    from cells
    group by party_id
),

allowed as (
    select
        customers.*,
        bases.* exclude (party_id),
        case
            when bases.has_contract then 'contract'
            when bases.has_relation then 'business_relation'
            when
                customers.permission_email
                or customers.permission_sms
                or customers.permission_phone
                or customers.permission_post
                then 'consent'
        end as basis,
        customers.permission_email
        or customers.permission_sms
        or customers.permission_phone
        or customers.permission_post as has_permission,
        blocked_email.address is not null as is_email_suppressed,
        blocked_phone.address is not null as is_phone_suppressed
    from customers
    left join bases on customers.party_id = bases.party_id
    left join suppressed_addresses as blocked_email
        on {{ canonical_address('customers.email') }} = blocked_email.address
    left join suppressed_addresses as blocked_phone
        on {{ canonical_address('customers.phone') }} = blocked_phone.address
    anti join suppressed_parties on customers.party_id = suppressed_parties.party_id
    where not coalesce(customers.restricted, true)
),

final as (
    select
        party_id,
        customer_kind,
        lifecycle,
        basis,
        {%- for attribute in plain %}
        case
            when {{ attribute }}_basis in ('contract', 'business_relation')
                or ({{ attribute }}_basis = 'consent' and has_permission)
                then {{ attribute }}
        end as {{ attribute }},
        {%- endfor %}
        case
            when not is_email_suppressed and (permission_email or email_basis = 'contract') then email
        end as email,
        case
            when
                not is_phone_suppressed
                and (permission_sms or permission_phone or phone_basis = 'contract')
                then phone
        end as phone,
        permission_email and not is_email_suppressed as permission_email,
        permission_sms and not is_phone_suppressed as permission_sms,
        permission_phone and not is_phone_suppressed as permission_phone,
        permission_post
    from allowed
    where basis is not null
)

select * from final
order by party_id
