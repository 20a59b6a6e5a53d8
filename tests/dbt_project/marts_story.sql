-- Anna buys in the shop (as Anna Beck) and by telephone (as A. Beck); Cleo orders for Muster GmbH.
insert into golden.golden_parties
(party_id, party_type, given_name, family_name, company_name, email, phone, restricted, records, sources) values
('P-anna', 'person', 'Anna', 'Beck', null, 'anna@x.de', null, false, 1, ['shop']),
('P-abeck', 'person', 'A.', 'Beck', null, 'beck@y.de', null, false, 1, ['erp']),
('P-cleo', 'person', 'Cleo', 'Dorn', null, null, null, false, 1, ['erp']),
('P-muster', 'organisation', null, null, 'Muster GmbH', null, null, false, 1, ['erp']);
insert into golden.xref_parties (record_id, party_id, party_type, source) values
('anna', 'P-anna', 'person', 'shop'), ('abeck', 'P-abeck', 'person', 'erp'), ('cleo', 'P-cleo', 'person', 'erp'),
('muster', 'P-muster', 'organisation', 'erp');
insert into golden.golden_party_roles values ('P-cleo', 'P-muster', 'contact', 'key', 'its source names the firm', 'cleo', 9.0);
insert into golden.golden_lineage (party_id, attribute, purpose, legal_basis) values
('P-anna', 'family_name', 'contract', 'Art. 6 (1) b'), ('P-anna', 'email', 'marketing', 'Art. 6 (1) a'),
('P-abeck', 'family_name', 'contract', 'Art. 6 (1) b'),
('P-muster', 'company_name', 'contract', 'Art. 6 (1) b');
insert into intermediate.int_orders
(source, order_record_id, buyer_record_id, organisation_record_id, ordered_at, status, channel, amount_net_eur) values
('shop', 'o1', 'anna', null, '2026-05-01 10:00:00', 'done', 'webshop', 100.10),
('erp', 'o2', 'abeck', null, '2026-06-01 10:00:00', 'open', 'erp', 20.20),
('erp', 'o3', 'cleo', 'muster', '2026-06-02 10:00:00', 'done', 'erp', 3000.00),
('erp', 'o4', 'abeck', null, '2026-06-03 10:00:00', 'cancelled', 'erp', 999.00);
insert into intermediate.int_tickets
(source, ticket_record_id, requester_record_id, organisation_record_id, status, channel, created_at) values
('help', 't1', 'cleo', 'muster', 'open', 'email', '2026-06-10 10:00:00'),
('help', 't2', 'anna', null, 'solved', 'sms_gateway', '2026-06-11 10:00:00');
insert into intermediate.int_feedback
(source, feedback_record_id, ticket_record_id, respondent_record_id, kind, score, given_at) values
('help', 'f1', 't1', 'cleo', 'csat', 1, '2026-06-12 10:00:00'),
('help', 'f2', 't1', 'cleo', 'nps', 10, '2026-06-12 10:00:00'),
('help', 'f3', 't1', 'cleo', 'nps', 3, '2026-06-13 10:00:00'),
('help', 'f4', 't1', 'cleo', 'nps', 9, '2026-06-14 10:00:00');
insert into intermediate.int_consent_events values
('mail', 'c1', 'anna', 'anna@x.de', 'email', 'marketing', 'confirmed', '2026-03-01 10:00:00', 'double opt-in'),
('mail', 'c2', 'abeck', 'beck@y.de', 'email', 'marketing', 'withdrawn', '2026-02-01 10:00:00', 'unsubscribe link');
