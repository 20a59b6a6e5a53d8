-- One row per landed version of a contact of Brevo, also of deleted ones: what it said of consent.
with source as (select * from {{ source('landing', 'brevo_contact_versions') }}),

renamed as (
    select
        record_id,
        source,
        version,
        {{ text('email') }} as email,
        {{ flag('emailBlacklisted') }} as email_blocked,
        {{ flag('smsBlacklisted') }} as sms_blocked,
        {{ text('attributes.SMS') }} as phone,
        {{ moment('attributes.OPT_IN_DATE') }} as opted_in_at,
        {{ moment('attributes.DOUBLE_OPT_IN_DATE') }} as confirmed_at,
        {{ moment('attributes.OPT_OUT_DATE') }} as opted_out_at,
        {{ text('attributes.CONSENT_SOURCE') }} as consent_source,
        {{ moment('modifiedAt') }} as updated_at
    from source
)

select * from renamed
