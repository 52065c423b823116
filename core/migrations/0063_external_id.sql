-- The number or name a client has in another system; what an import knows it by.

ALTER TABLE clients ADD COLUMN external_id text COLLATE "C" NOT NULL DEFAULT '';
CREATE UNIQUE INDEX clients_by_external_id ON clients (tenant_id, external_id) WHERE external_id <> '';
