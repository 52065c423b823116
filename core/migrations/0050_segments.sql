-- Saved filters of the list of clients, and what the list can be filtered by besides. Each of the new filters is the
-- beginning of a text: a range of an index, under whatever collation the database has.

CREATE TABLE segments (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    filter jsonb NOT NULL,
    staff_id bigint,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES staff (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX segments_shared_name_folded ON segments (tenant_id, name_folded) WHERE staff_id IS NULL;
CREATE UNIQUE INDEX segments_own_name_folded ON segments (tenant_id, staff_id, name_folded);

CREATE INDEX clients_by_phone ON clients (tenant_id, phone COLLATE "C", id) WHERE phone <> '';
CREATE INDEX clients_by_address ON clients (tenant_id, registered_address COLLATE "C", id)
    WHERE registered_address <> '';
