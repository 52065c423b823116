-- Staff look for what went to an address.
ALTER TABLE deliveries ADD COLUMN address_folded text NOT NULL GENERATED ALWAYS AS (lower(address)) STORED;
CREATE INDEX deliveries_by_address ON deliveries (tenant_id, address_folded);
