-- Saved filters of the lists besides that of clients: one's own and those for all. (Those of clients are segments,
-- as they stand wherever clients are chosen.)

CREATE TABLE list_filters (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    list text NOT NULL CHECK (list IN ('activity', 'contracts', 'payers', 'users')),
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
CREATE UNIQUE INDEX list_filters_shared_name ON list_filters (tenant_id, list, name_folded) WHERE staff_id IS NULL;
CREATE UNIQUE INDEX list_filters_own_name ON list_filters (tenant_id, staff_id, list, name_folded);
