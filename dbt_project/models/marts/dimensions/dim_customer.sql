-- One row per customer and version, in transaction time: what we held true from build to build.
-- Closed and open versions of earlier builds come from the operational store; this build closes what changed or
-- went away at `build_at` and opens what is new.
{%- set attributes = [
    'customer_kind', 'lifecycle', 'customer_name', 'title', 'given_name', 'family_name', 'company_name',
    'legal_form', 'birth_date', 'email', 'phone', 'street', 'house_number', 'postcode', 'city', 'country',
    'vat_id', 'website_domain', 'restricted',
] %}
{%- set types = {'birth_date': 'date', 'restricted': 'boolean'} %}

with parties as (
    select * from {{ source('golden', 'golden_parties') }}
),

accounts as (
    select distinct account_party_id as party_id
    from {{ ref('xref_account_parties') }}
    where is_commercial and account_party_id is not null
),

contacts as (
    select distinct person_party_id as party_id
    from {{ source('golden', 'golden_party_roles') }}
),

-- A person who only ever acts for a firm is the firm's contact, not a customer.
held as (
    select
        parties.*,
        parties.party_type as customer_kind,
        case when accounts.party_id is not null then 'customer' else 'prospect' end as lifecycle,
        coalesce(
            case when parties.party_type = 'organisation' then parties.company_name end,
            nullif(concat_ws(' ', parties.given_name, parties.family_name), ''),
            parties.full_name,
            parties.company_name
        ) as customer_name
    from parties
    left join accounts on parties.party_id = accounts.party_id
    left join contacts on parties.party_id = contacts.party_id
    where accounts.party_id is not null or contacts.party_id is null
),

described as (
    select
        party_id,
        cast(to_json(struct_pack(
            {%- for attribute in attributes %}
            {{ attribute }} := {{ attribute }}{{ "," if not loop.last }}
            {%- endfor %}
        )) as varchar) as attributes
    from held
),

today as (
    select
        party_id,
        attributes,
        md5(attributes) as attributes_hash
    from described
),

earlier as (
    select
        party_id,
        cast(valid_from as timestamp) as valid_from,
        cast(valid_to as timestamp) as valid_to,
        attributes_hash,
        cast(attributes as varchar) as attributes
    from {{ source('ops', 'customer_versions') }}
),

open_before as (
    select * from earlier
    where valid_to is null
),

kept as (
    select open_before.*
    from open_before
    inner join today
        on open_before.party_id = today.party_id and open_before.attributes_hash = today.attributes_hash
),

versions as (
    select * from earlier
    where valid_to is not null
    union all
    select * from kept
    union all
    -- What began at this very build was never held: a repeated build replaces it.
    select open_before.* replace ({{ build_at() }} as valid_to)
    from open_before
    anti join kept on open_before.party_id = kept.party_id
    where open_before.valid_from < {{ build_at() }}
    union all
    select
        today.party_id,
        {{ build_at() }} as valid_from,
        cast(null as timestamp) as valid_to,
        today.attributes_hash,
        today.attributes
    from today
    anti join kept on today.party_id = kept.party_id
),

retired as (
    select
        party_id,
        resolves_to
    from {{ source('golden', 'retired_parties') }}
),

final as (
    select
        md5(concat(versions.party_id, '@', versions.valid_from)) as customer_version_id,
        versions.party_id,
        coalesce(retired.resolves_to, versions.party_id) as current_party_id,
        versions.valid_from,
        versions.valid_to,
        versions.valid_to is null as is_current,
        case
            when versions.valid_to is null then null
            when lead(versions.valid_from) over history = versions.valid_to then 'changed'
            -- Only the last version can have ended in the merge; after an earlier one the party came back.
            when lead(versions.valid_from) over history is null and retired.resolves_to is not null then 'merged'
            else 'gone'
        end as ended_by,
        {%- for attribute in attributes %}
        cast(versions.attributes ->> '$.{{ attribute }}' as {{ types.get(attribute, 'varchar') }}) as {{ attribute }},
        {%- endfor %}
        versions.attributes_hash,
        versions.attributes
    from versions
    left join retired on versions.party_id = retired.party_id
    window history as (partition by versions.party_id order by versions.valid_from)
)

select * from final
order by party_id, valid_from
