-- One row per party record of any system in one shape; a record that names a person and a firm makes two.
with countries as (
    select spelling, country from {{ ref('country_spellings') }}
),

-- What a party record may say; a system leaves out what it does not know.
shape as (
    select
        null::varchar as record_id,
        null::varchar as source,
        null::varchar as system,
        null::varchar as stream,
        null::varchar as party_type,
        null::varchar as title,
        null::varchar as given_name,
        null::varchar as family_name,
        null::varchar as full_name,
        null::varchar as company_name,
        null::date as birth_date,
        null::varchar[] as emails,
        null::varchar[] as phones,
        null::varchar as street,
        null::varchar as house_number,
        null::varchar as postcode,
        null::varchar as city,
        null::varchar as country,
        null::varchar as vat_id,
        null::varchar as website_domain,
        null::varchar as organisation_key,
        null::timestamp as created_at,
        null::timestamp as updated_at,
        null::boolean as restricted,
        null::varchar as set_aside_rule
    where false
),

gathered as (
    select * from shape
    {{ and_each('int_parties', [
        's4', 'shopware', 'brevo', 'zendesk', 'files', 'tryton', 'vendure', 'ghost', 'rt', 'roundup', 'database',
    ]) }}
),

-- Countries as ISO codes, no list as an empty one, placeholders for "no name" gone.
together as (
    select gathered.* replace (
        coalesce(gathered.emails, []) as emails,
        coalesce(gathered.phones, []) as phones,
        {{ unnamed('given_name') }} as given_name,
        {{ unnamed('family_name') }} as family_name,
        {{ unnamed('full_name') }} as full_name,
        {{ unnamed('company_name') }} as company_name,
        coalesce(countries.country, case when length(gathered.country) = 2 then upper(gathered.country) end) as country
    )
    from gathered
    left join countries on lower(gathered.country) = countries.spelling
),

own as (
    select * exclude (company_name, vat_id), null::varchar as facet_of,
        case when party_type = 'organisation' then company_name end as company_name,
        case when party_type = 'organisation' then vat_id end as vat_id
    from together
),

-- The firm a person's record names: its name, its VAT id, the address it was given with.
facets as (
    select
        record_id || '#org' as record_id,
        source,
        system,
        stream,
        'organisation' as party_type,
        null::varchar as title,
        null::varchar as given_name,
        null::varchar as family_name,
        null::varchar as full_name,
        company_name,
        null::date as birth_date,
        emails,
        phones,
        street,
        house_number,
        postcode,
        city,
        country,
        vat_id,
        null::varchar as website_domain,
        null::varchar as organisation_key,
        created_at,
        updated_at,
        restricted,
        set_aside_rule,
        record_id as facet_of
    from together
    where party_type = 'person' and company_name is not null
)

select * from own
union all by name
select * from facets
