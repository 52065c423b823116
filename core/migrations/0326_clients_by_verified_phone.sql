-- The list of clients by whether they have a verified telephone number, in the order of registration.
CREATE INDEX clients_by_verified_phone ON clients
    (tenant_id, (CASE WHEN phone_verified = '' THEN 'no' ELSE 'yes' END), registered_at, id);
