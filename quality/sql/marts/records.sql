-- One row per landed party record: in how many of golden and set aside it is.
with landed as (
    select source, 'business_partners' as stream, record_id from landing.s4_business_partners
    union all
    select source, 'customers', record_id from landing.shopware_customers
    union all
    select source, 'contacts', record_id from landing.brevo_contacts
    union all
    -- Agents are staff, not customers.
    select source, 'users', record_id from landing.zendesk_users where raw ->> '$.role' = 'end-user'
    union all
    select source, 'organizations', record_id from landing.zendesk_organizations
    union all
    select source, 'parties', record_id from landing.files_parties
),
placed as (
    select record_id from golden.xref_parties
    union all
    select record_id from intermediate.int_parties__set_aside
),
counted as (select record_id, count(*) as places from placed group by record_id)
select landed.source, landed.stream, landed.record_id, coalesce(counted.places, 0) as places
from landed left join counted using (record_id)
union all
-- Facets are cut from landed records, so only coming twice can be wrong with them.
select '', 'facet', record_id, places from counted where record_id like '%#org'
