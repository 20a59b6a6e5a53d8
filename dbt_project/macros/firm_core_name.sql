{# `Gebr. Müller Bau GmbH & Co. KG` → `gebrmuellerbau`: letters and digits of a firm's name, its legal form left out. #}
{% macro firm_core_name(field) -%}
    replace(
        regexp_replace(
            trim(regexp_replace(
                replace(replace(replace(replace(lower({{ field }}), 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'ß', 'ss'),
                '[^\pL\pN]+', ' ', 'g'
            )),
            '( (gmbh|mbh|ag|kg|kgaa|ohg|gbr|ug|haftungsbeschraenkt|e k|ek|eg|e v|ev|se|ltd|co|sa|sarl|einzelfirma))+$', ''
        ),
        ' ', ''
    )
{%- endmacro %}
