{# Rules that keep a party record out of linking. Each is narrow: a customer lost costs more than a test kept. #}

{# Every word of the name is one that people type to try a form, and one of them says so. #}
{% macro has_test_name(words) -%}
    (
        regexp_matches(array_to_string({{ words }}, ' '), '^(max|erika)? ?mustermann$|^mustermann(,)? (max|erika)$|^muster(firma|kunde)( gmbh| ag)?$')
        or (
            len(list_filter({{ words }}, lambda w: regexp_matches(w,
                '^(test|tester|testuser|testkunde|testfirma|testperson|testvorname|testnachname|dummy)\d*$'))) > 0
            and len(list_filter({{ words }}, lambda w: not regexp_matches(w,
                '^(test|tester|testuser|testkunde|testfirma|testperson|testvorname|testnachname|dummy|user|kunde|person|account|konto|vorname|nachname|firma|gmbh|ag)?\d*$'))) = 0
        )
    )
{%- endmacro %}

{# Domains nobody has a mailbox at: RFC 2606, and those typed to get past a form. #}
{% macro has_test_email(emails) -%}
    (
        len(list_filter({{ emails }}, lambda e: regexp_matches(lower(e),
            '@(.*\.)?(example\.(com|net|org|de|at|ch)|[^@]*\.(test|invalid|example)|localhost|test\.(com|net|org|de|at|ch)|mailinator\.com)$'))) > 0
    )
{%- endmacro %}

{# Every word is a row of keys, one sign repeated, or holds no letter at all. #}
{% macro is_keyboard_mash(words) -%}
    (
        len({{ words }}) > 0
        and len(list_filter({{ words }}, lambda w: not (
            regexp_matches(w, '^(asdf|sdfg|dfgh|fghj|ghjk|hjkl|jklö|qwer|uiop|yxcv|xcvb|cvbn|vbnm|zxcv)')
            or (length(w) >= 3 and replace(w, left(w, 1), '') = '')
            or not regexp_matches(w, '\pL')
        ))) = 0
    )
{%- endmacro %}
