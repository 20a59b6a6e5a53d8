{#
    A name with the legal form of a firm, as German, Austrian, Swiss and some neighbours' law has them. For systems that
    keep people and firms in one list and do not say which is which. `Anna Ag` is a person: two letters need their case.
#}
{% macro names_firm(field) -%}
    coalesce(regexp_matches({{ field }},
        '(?i)(^|[\s,&(])(gmbh|gmbh & co\.? ?kg|kgaa|ohg|gbr|mbh|ug \(haftungsbeschränkt\)|haftungsbeschränkt|e\. ?k\.|e\. ?u\.|e\. ?v\.|e\. ?g\.|s\. ?a\. ?r\. ?l\.|sàrl|ltd|limited|inc|b\. ?v\.|s\. ?r\. ?l\.|s\. ?p\. ?a\.|einzelfirma|stiftung|genossenschaft|verein)([\s,.)]|$)'
    ) or regexp_matches({{ field }}, '(^|[\s,&])(AG|KG|SE|UG|SA|eG|eK|eV|PartG)([\s,.)]|$)'), false)
{%- endmacro %}
