-- One row per live contact of Brevo, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'brevo_contacts') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as contact_key,
        {{ text('email') }} as email,
        {{ flag('emailBlacklisted') }} as email_blocked,
        {{ flag('smsBlacklisted') }} as sms_blocked,
        {{ text('attributes.VORNAME') }} as given_name,
        {{ text('attributes.NACHNAME') }} as family_name,
        {{ text('attributes.NAME') }} as full_name,
        {{ text('attributes.FIRMA') }} as company_name,
        {{ text('attributes.SMS') }} as phone,
        {{ day('attributes.GEBURTSDATUM') }} as birth_date,
        {{ text('attributes.STRASSE') }} as street,
        {{ text('attributes.PLZ') }} as postcode,
        {{ text('attributes.ORT') }} as city,
        {{ text('attributes.LAND') }} as country,
        {{ flag('attributes.OPT_IN') }} as opted_in,
        {{ moment('attributes.OPT_IN_DATE') }} as opted_in_at,
        {{ moment('attributes.DOUBLE_OPT_IN_DATE') }} as confirmed_at,
        {{ moment('attributes.OPT_OUT_DATE') }} as opted_out_at,
        {{ text('attributes.CONSENT_SOURCE') }} as consent_source,
        {{ moment('createdAt') }} as created_at,
        {{ moment('modifiedAt') }} as updated_at
    from source
)

select * from renamed
