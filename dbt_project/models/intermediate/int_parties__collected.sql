-- One row per party record of any system in one shape; a record that names a person and a firm makes two.
with countries as (
    select spelling, country from {{ ref('country_spellings') }}
),

-- A partner's address: one that still holds before one that ended, the oldest of those.
s4_addresses as (
    select distinct on (source, partner_key) * from {{ ref('stg_s4__addresses') }}
    order by source, partner_key, valid_to desc nulls first, length(address_key), address_key
),

-- Standard address first, so that the order of the list means something.
s4_emails as (
    select source, partner_key, list(email order by is_default desc, first_place, email) as emails
    from (
        select addresses.source, addresses.partner_key, emails.email,
            max(emails.is_default) as is_default,
            min(concat_ws('|', lpad(emails.address_key, 10, '0'), lpad(emails.ordinal, 3, '0'))) as first_place
        from {{ ref('stg_s4__emails') }} as emails
        inner join {{ ref('stg_s4__addresses') }} as addresses using (source, address_key)
        where emails.email is not null
        group by all
    ) as distinct_emails
    group by source, partner_key
),

s4_phones as (
    select source, partner_key, list(phone order by is_default desc, first_place, phone) as phones
    from (
        select addresses.source, addresses.partner_key,
            coalesce(phones.international_phone, phones.phone) as phone,
            max(phones.is_default) as is_default,
            min(concat_ws('|', lpad(phones.address_key, 10, '0'), lpad(phones.ordinal, 3, '0'))) as first_place
        from {{ ref('stg_s4__phones') }} as phones
        inner join {{ ref('stg_s4__addresses') }} as addresses using (source, address_key)
        where coalesce(phones.international_phone, phones.phone) is not null
        group by all
    ) as distinct_phones
    group by source, partner_key
),

-- DE0, AT0 and their like hold VAT ids, CH1 the Swiss UID; other types are no identity across systems.
s4_tax_numbers as (
    select source, partner_key, min(tax_number) as vat_id
    from {{ ref('stg_s4__tax_numbers') }}
    where kind = 'CH1' or regexp_matches(kind, '^[A-Z]{2}0$')
    group by all
),

-- The firm a person acts for: the relation that holds longest, the standard one of those.
s4_firms_of_contacts as (
    select distinct on (contacts.source, contacts.person_key)
        contacts.source, contacts.person_key, firms.record_id as organisation_key
    from {{ ref('stg_s4__contacts') }} as contacts
    inner join {{ ref('stg_s4__business_partners') }} as firms
        on contacts.source = firms.source and contacts.organisation_key = firms.partner_key
    order by contacts.source, contacts.person_key, contacts.valid_to desc nulls first,
        contacts.is_standard desc, firms.record_id
),

s4 as (
    select
        partners.record_id,
        partners.source,
        's4' as system,
        'business_partners' as stream,
        -- 3 is a group of persons such as a couple; a category not listed here fails a test.
        case partners.category
            when '1' then 'person' when '2' then 'organisation' when '3' then 'person'
        end as party_type,
        partners.title,
        nullif(concat_ws(' ', partners.given_name, partners.middle_name), '') as given_name,
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
        partners.is_blocked or partners.is_archived as restricted
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

shop_phones as (
    select source, customer_key, list(distinct phone order by phone) as phones
    from {{ ref('stg_shopware__customer_addresses') }}
    where phone is not null
    group by all
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
        coalesce(phones.phones, []) as phones,
        {{ street_part('addresses.street') }} as street,
        {{ house_number_part('addresses.street') }} as house_number,
        addresses.postcode,
        addresses.city,
        addresses.country,
        customers.vat_id,
        null::varchar as website_domain,
        null::varchar as organisation_key,
        customers.created_at,
        -- A move changes the address and leaves the customer's own moment as it was.
        greatest(customers.updated_at, customers.created_at, addresses.updated_at) as updated_at,
        false as restricted
    from {{ ref('stg_shopware__customers') }} as customers
    left join shop_addresses as addresses using (source, customer_key)
    left join shop_phones as phones using (source, customer_key)
),

-- A guest may order without any customer record: then the order itself is the party record.
shop_guest_orders as (
    select
        record_id,
        source,
        'shopware' as system,
        'orders' as stream,
        'person' as party_type,
        null::varchar as title,
        given_name,
        family_name,
        null::varchar as full_name,
        company_name,
        null::date as birth_date,
        case when email is null then [] else [email] end as emails,
        []::varchar[] as phones,
        null::varchar as street,
        null::varchar as house_number,
        null::varchar as postcode,
        null::varchar as city,
        null::varchar as country,
        null::varchar as vat_id,
        null::varchar as website_domain,
        null::varchar as organisation_key,
        ordered_at as created_at,
        coalesce(updated_at, ordered_at) as updated_at,
        false as restricted
    from {{ ref('stg_shopware__orders') }}
    where customer_key is null
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
        country,
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
        users.given_name,
        users.family_name,
        -- Zendesk names a user after the mailbox when nobody gave a name.
        case when users.given_name is null and users.family_name is null
                and lower(users.full_name) <> lower(split_part(coalesce(users.email, ''), '@', 1))
            then users.full_name end as full_name,
        null::varchar as company_name,
        null::date as birth_date,
        case when users.email is null then [] else [users.email] end as emails,
        case when users.phone is null then [] else [users.phone] end as phones,
        {{ street_part('users.street') }} as street,
        {{ house_number_part('users.street') }} as house_number,
        users.postcode,
        users.city,
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
    where users.role = 'end-user' and users.is_active
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
        case when house_number is null then {{ street_part('street') }} else street end as street,
        coalesce(house_number, {{ house_number_part('street') }}) as house_number,
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

gathered as (
    select * from s4
    union all by name
    select * from shop
    union all by name
    select * from shop_guest_orders
    union all by name
    select * from mail
    union all by name
    select * from help_users
    union all by name
    select * from help_organisations
    union all by name
    select * from files
),

-- Countries as ISO codes, placeholders for "no name" gone.
together as (
    select gathered.* replace (
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
        record_id as facet_of
    from together
    where party_type = 'person' and company_name is not null
)

select * from own
union all by name
select * from facets
