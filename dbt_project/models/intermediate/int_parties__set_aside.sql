-- One row per party record that is kept out of linking, with the first rule that says why.
with judged as (
    select
        record_id,
        source,
        stream,
        case
            when {{ is_test_record() }} then 'test_record'
            when {{ is_nonsense() }} then 'keyboard_mash'
            when coalesce(given_name, family_name, full_name, company_name) is null
                and len(emails) = 0 and len(phones) = 0 then 'nothing_to_know_it_by'
        end as rule
    from {{ ref('int_parties__collected') }}
)

select
    record_id,
    source,
    stream,
    case rule
        when 'test_record' then 'test'
        when 'keyboard_mash' then 'nonsense'
        else 'no_identity'
    end as reason,
    rule
from judged
where rule is not null
