-- One row per party record that is kept out of linking, with the first rule that says why.
-- A firm named in a record that is set aside as a test, or by its own system, goes with it.
with words as (
    select
        record_id,
        source,
        stream,
        party_type,
        facet_of,
        emails,
        set_aside_rule,
        string_split_regex(lower(trim(concat_ws(' ', given_name, family_name, full_name, company_name))), '\s+') as name_words,
        string_split_regex(lower(coalesce(family_name, full_name, given_name, '')), '\s+') as last_words,
        string_split_regex(lower(coalesce(company_name, '')), '\s+') as company_words,
        coalesce(given_name, family_name, full_name, company_name, vat_id, website_domain, birth_date::varchar) is null
        and len(emails) = 0 and len(phones) = 0 as is_nobody
    from {{ ref('int_parties__collected') }}
),

judged as (
    select
        *,
        case
            -- What its own system tells, such as that it is one of the staff.
            when set_aside_rule is not null then set_aside_rule
            when is_nobody then 'nothing_to_know_it_by'
            when {{ has_test_name('name_words') }} then 'test_name'
            when party_type = 'person' and array_to_string(last_words, '') <> ''
                and {{ is_keyboard_mash('last_words') }} then 'keyboard_mash'
            when party_type = 'organisation' and regexp_matches(array_to_string(company_words, ''), '\pL|^\W+$')
                and {{ is_keyboard_mash('company_words') }} then 'keyboard_mash'
            when {{ has_test_email('emails') }} then 'test_email'
        end as own_rule
    from words
),

ruled as (
    select
        judged.record_id,
        judged.source,
        judged.stream,
        coalesce(judged.own_rule, case
            when people.own_rule like 'test%' or people.own_rule = people.set_aside_rule then people.own_rule
        end) as rule
    from judged
    left join judged as people on judged.facet_of = people.record_id
)

select
    record_id,
    source,
    stream,
    case rule
        when 'nothing_to_know_it_by' then 'no_identity'
        when 'test_name' then 'test'
        when 'test_email' then 'test'
        when 'keyboard_mash' then 'nonsense'
        when 'staff' then 'staff'
        when 'system_account' then 'staff'
        when 'replaced' then 'replaced'
    end as reason,
    rule
from ruled
where rule is not null
