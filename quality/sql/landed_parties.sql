-- One row per landed party record of any system.
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
union all
select source, 'parties', record_id from landing.tryton_parties
union all
select source, 'customers', record_id from landing.vendure_customers
union all
select source, 'members', record_id from landing.ghost_members
union all
select source, 'users', record_id from landing.rt_users
union all
select source, 'users', record_id from landing.roundup_users
union all
select source, stream, record_id from landing.database_held_parties
