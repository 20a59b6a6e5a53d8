-- One row per business partner of S/4HANA, person or firm, with its standing address, mailboxes, numbers and VAT id.
-- A partner's address: one that still holds before one that ended, the oldest of those.
with s4_addresses as (
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
)

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
