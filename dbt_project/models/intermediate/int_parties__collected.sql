-- One row per party record of any system in one shape; a record that names a person and a firm makes two.
with s4_addresses as (
    select distinct on (source, partner_key) * from {{ ref('stg_s4__addresses') }}
    order by source, partner_key, address_key
),

s4_emails as (
    select
        addresses.source,
        addresses.partner_key,
        list(distinct emails.email order by emails.email) as emails
    from {{ ref('stg_s4__emails') }} as emails
    inner join {{ ref('stg_s4__addresses') }} as addresses using (source, address_key)
    where emails.email is not null
    group by all
),

s4_phones as (
    select
        addresses.source,
        addresses.partner_key,
        list(distinct coalesce(phones.international_phone, phones.phone)
            order by coalesce(phones.international_phone, phones.phone)) as phones
    from {{ ref('stg_s4__phones') }} as phones
    inner join {{ ref('stg_s4__addresses') }} as addresses using (source, address_key)
    where coalesce(phones.international_phone, phones.phone) is not null
    group by all
),

s4_tax_numbers as (
    select source, partner_key, min(tax_number) as vat_id
    from {{ ref('stg_s4__tax_numbers') }} group by all
),

s4_firms_of_contacts as (
    select contacts.source, contacts.person_key, min(firms.record_id) as organisation_key
    from {{ ref('stg_s4__contacts') }} as contacts
    inner join {{ ref('stg_s4__business_partners') }} as firms
        on contacts.source = firms.source and contacts.organisation_key = firms.partner_key
    group by all
),

s4 as (
    select
        partners.record_id,
        partners.source,
        's4' as system,
        'business_partners' as stream,
        case when partners.category = '2' then 'organisation' else 'person' end as party_type,
        partners.title,
        partners.given_name,
        partners.family_name,
        case when partners.category <> '2' and partners.given_name is null
            and partners.family_name is null then partners.full_name end as full_name,
        case when partners.category = '2' then nullif(concat_ws(' ',
            partners.organisation_name_1, partners.organisation_name_2), '') end as company_name,
        partners.birth_date,
        coalesce(emails.emails, []) as emails,
        coalesce(phones.phones, []) as phones,
        addresses.street,
        nullif(concat(addresses.house_number, addresses.house_number_supplement), '') as house_number,
        addresses.postcode,
        addresses.city,
        addresses.country,
        tax_numbers.vat_id,
        null::varchar as website_domain,
        firms.organisation_key,
        partners.created_at,
        partners.updated_at,
        partners.is_blocked as restricted
    from {{ ref('stg_s4__business_partners') }} as partners
    left join s4_addresses as addresses using (source, partner_key)
    left join s4_emails as emails using (source, partner_key)
    left join s4_phones as phones using (source, partner_key)
    left join s4_tax_numbers as tax_numbers using (source, partner_key)
    left join s4_firms_of_contacts as firms
        on partners.source = firms.source and partners.partner_key = firms.person_key
),

shop_addresses as (
    select distinct on (addresses.source, addresses.customer_key) addresses.*
    from {{ ref('stg_shopware__customer_addresses') }} as addresses
    left join {{ ref('stg_shopware__customers') }} as customers using (source, customer_key)
    order by
        addresses.source, addresses.customer_key,
        addresses.address_key = customers.default_address_key desc, addresses.address_key
),

shop as (
    select
        customers.record_id,
        customers.source,
        'shopware' as system,
        'customers' as stream,
        'person' as party_type,
        customers.title,
        customers.given_name,
        customers.family_name,
        null::varchar as full_name,
        coalesce(customers.company_name, addresses.company_name) as company_name,
        customers.birth_date,
        case when customers.email is null then [] else [customers.email] end as emails,
        case when addresses.phone is null then [] else [addresses.phone] end as phones,
        {{ street_part('addresses.street') }} as street,
        {{ house_number_part('addresses.street') }} as house_number,
        addresses.postcode,
        addresses.city,
        addresses.country,
        customers.vat_id,
        null::varchar as website_domain,
        null::varchar as organisation_key,
        customers.created_at,
        coalesce(customers.updated_at, customers.created_at) as updated_at,
        false as restricted
    from {{ ref('stg_shopware__customers') }} as customers
    left join shop_addresses as addresses using (source, customer_key)
),

mail as (
    select
        record_id,
        source,
        'brevo' as system,
        'contacts' as stream,
        'person' as party_type,
        null::varchar as title,
        given_name,
        family_name,
        full_name,
        company_name,
        birth_date,
        case when email is null then [] else [email] end as emails,
        case when phone is null then [] else [phone] end as phones,
        {{ street_part('street') }} as street,
        {{ house_number_part('street') }} as house_number,
        postcode,
        city,
        upper(left(country, 2)) as country,
        null::varchar as vat_id,
        null::varchar as website_domain,
        null::varchar as organisation_key,
        created_at,
        updated_at,
        false as restricted
    from {{ ref('stg_brevo__contacts') }}
),

help_users as (
    select
        users.record_id,
        users.source,
        'zendesk' as system,
        'users' as stream,
        'person' as party_type,
        null::varchar as title,
        null::varchar as given_name,
        null::varchar as family_name,
        users.full_name,
        null::varchar as company_name,
        null::date as birth_date,
        case when users.email is null then [] else [users.email] end as emails,
        case when users.phone is null then [] else [users.phone] end as phones,
        null::varchar as street,
        null::varchar as house_number,
        null::varchar as postcode,
        null::varchar as city,
        null::varchar as country,
        null::varchar as vat_id,
        null::varchar as website_domain,
        organisations.record_id as organisation_key,
        users.created_at,
        users.updated_at,
        users.is_suspended as restricted
    from {{ ref('stg_zendesk__users') }} as users
    left join {{ ref('stg_zendesk__organizations') }} as organisations
        using (source, organisation_key)
    where users.role = 'end-user'
),

help_organisations as (
    select
        record_id,
        source,
        'zendesk' as system,
        'organizations' as stream,
        'organisation' as party_type,
        null::varchar as title,
        null::varchar as given_name,
        null::varchar as family_name,
        null::varchar as full_name,
        company_name,
        null::date as birth_date,
        []::varchar[] as emails,
        []::varchar[] as phones,
        null::varchar as street,
        null::varchar as house_number,
        null::varchar as postcode,
        null::varchar as city,
        null::varchar as country,
        null::varchar as vat_id,
        domain as website_domain,
        null::varchar as organisation_key,
        created_at,
        updated_at,
        false as restricted
    from {{ ref('stg_zendesk__organizations') }}
),

files as (
    select
        record_id,
        source,
        'files' as system,
        'parties' as stream,
        case when coalesce(given_name, family_name, full_name) is null
            and company_name is not null then 'organisation' else 'person' end as party_type,
        title,
        given_name,
        family_name,
        full_name,
        company_name,
        birth_date,
        case when email is null then [] else [email] end as emails,
        case when phone is null then [] else [phone] end as phones,
        street,
        house_number,
        postcode,
        city,
        country,
        vat_id,
        null::varchar as website_domain,
        null::varchar as organisation_key,
        fetched_at::timestamp as created_at,
        coalesce(updated_at, fetched_at::timestamp) as updated_at,
        false as restricted
    from {{ ref('stg_files__parties') }}
),

together as (
    select * from s4
    union all by name
    select * from shop
    union all by name
    select * from mail
    union all by name
    select * from help_users
    union all by name
    select * from help_organisations
    union all by name
    select * from files
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
        record_id as facet_of
    from together
    where party_type = 'person' and company_name is not null
)

select * from own
union all by name
select * from facets
