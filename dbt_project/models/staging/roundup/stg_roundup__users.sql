-- One row per live user, customer or staff, of Roundup, typed and renamed; nothing joined, nothing decided.
with source as (select * from {{ source('landing', 'roundup_users') }}),

renamed as (
    select
        record_id,
        source,
        key as record_key,
        fetched_at,
        load_id,
        {{ text('id') }} as user_key,
        {{ text('username') }} as username,
        {{ text('realname') }} as full_name,
        {{ text('address') }} as email,
        list_filter(
            string_split_regex(coalesce({{ text('alternate_addresses') }}, ''), '\s+'), lambda one: one <> ''
        ) as other_emails,
        {{ text('phone') }} as phone,
        {{ text('organisation') }} as company_name,
        list_transform(string_split(coalesce({{ text('roles') }}, ''), ','), lambda one: lower(trim(one))) as roles,
        {{ roundup_moment('creation') }} as created_at,
        {{ roundup_moment('activity') }} as updated_at
    from source
)

select * from renamed
