{# What a row says of a party whose columns bear our names already, because settings mapped them. #}
{% macro party_under_our_names() -%}
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
    vat_id
{%- endmacro %}
