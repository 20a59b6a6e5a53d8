-- One row per party record of a system that is also a target, with the cells that only say what it was sent from here.
-- A value is an echo if it was sent last, or if it was sent earlier and the record changed before the later sending.
{%- set groups = {
    'title': 'title', 'given_name': 'name', 'family_name': 'name', 'full_name': 'name', 'company_name': 'company_name',
    'street': 'address', 'house_number': 'address', 'postcode': 'address', 'city': 'address', 'country': 'address',
    'vat_id': 'vat_id', 'website_domain': 'website_domain',
} %}

with sent as (
    select
        *,
        case when attribute in ('email', 'phone') then {{ canonical_address('value') }} else lower(trim(value)) end as told
    from {{ source('landing', 'sent_values') }}
),

ours as (
    select
        *,
        split_part(record_id, '#', 1) as sent_as
    from {{ ref('int_parties__collected') }}
    where split_part(record_id, '#', 1) in (select sent.record_id from sent)
),

cells as (
    {%- for attribute, group_name in groups.items() %}
    select
        record_id,
        sent_as,
        updated_at,
        '{{ group_name }}' as attribute_group,
        '{{ attribute }}' as attribute,
        '{{ attribute }}' as cell,
        lower(trim({{ attribute }})) as told
    from ours
    where {{ attribute }} is not null
    union all
    {%- endfor %}
    {%- for attribute, list_name in {'email': 'emails', 'phone': 'phones'}.items() %}
    select
        record_id,
        sent_as,
        updated_at,
        '{{ attribute }}=' || element as attribute_group,
        '{{ attribute }}' as attribute,
        '{{ attribute }}=' || element as cell,
        {{ canonical_address('element') }} as told
    from (
        select
            record_id,
            sent_as,
            updated_at,
            unnest({{ list_name }}) as element
        from ours
    ) as elements
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

judged as (
    select
        *,
        exists(
            select 1
            from sent
            where
                sent.record_id = cells.sent_as
                and sent.attribute = cells.attribute
                and sent.told = cells.told
                and (sent.replaced_at is null or coalesce(cells.updated_at < sent.replaced_at, true))
        ) as is_echo
    from cells
),

whole as (
    select
        *,
        bool_and(is_echo) over (partition by record_id, attribute_group) as is_whole_echo
    from judged
)

select
    record_id,
    list(cell order by cell) as echoes
from whole
where is_whole_echo
group by record_id
