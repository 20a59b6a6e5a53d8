{# What a clerk types to try a form: never a customer. #}
{% macro is_test_record() -%}
    (
        regexp_matches(lower(concat_ws(' ', given_name, family_name, full_name, company_name)),
            '^(test|tester|testkunde|testfirma|test[ -]?user|max mustermann|erika mustermann|muster)( (test|tester|testkunde|testfirma|gmbh|user|kunde|mustermann|\d+))*$')
        or len(list_filter(emails, lambda e: regexp_matches(lower(e),
            '@(example|test|mailinator)\.[a-z]+$|^(test|asdf)[^@]*@'))) > 0
    )
{%- endmacro %}

{# A row of keys, or letters without a vowel. #}
{% macro is_nonsense() -%}
    (
        regexp_matches(lower(coalesce(family_name, full_name, company_name, '')),
            '^(asdf|qwert|qwertz|yxcv|jklö|xxx|aaa|\.+|-+|\?+|[^aeiouyäöü\s\d]{5,})[a-zäöü]*( .*)?$')
    )
{%- endmacro %}
