-- One row per contact of the mailing tool.
select
    record_id,
    source,
    'brevo' as system,
    'contacts' as stream,
    'person' as party_type,
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
    created_at,
    updated_at,
    false as restricted
from {{ ref('stg_brevo__contacts') }}
