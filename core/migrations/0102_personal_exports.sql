-- Copies of what is kept about a client's people, asked for by the client's owner or made by staff. A task gathers
-- them part by part; the file is kept for a few days. `is_internal`: with what only the provider's own people see.
CREATE TABLE personal_exports (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    person_id bigint,
    task_id bigint NOT NULL,
    is_internal boolean NOT NULL,
    asked_by text NOT NULL,
    locale text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'ready')),
    done int NOT NULL DEFAULT 0,
    total int NOT NULL DEFAULT 0,
    size bigint NOT NULL DEFAULT 0,
    content bytea CHECK (octet_length(content) <= 104857600),
    created_at timestamptz NOT NULL,
    ready_at timestamptz,
    expires_at timestamptz NOT NULL,
    downloaded_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id) ON DELETE SET NULL (person_id),
    CHECK ((state = 'ready') = (content IS NOT NULL))
);
CREATE INDEX personal_exports_by_client ON personal_exports (tenant_id, client_id, created_at DESC, id DESC);
CREATE INDEX personal_exports_by_person ON personal_exports (tenant_id, person_id) WHERE person_id IS NOT NULL;
CREATE INDEX personal_exports_by_end ON personal_exports (tenant_id, expires_at);

-- What was gathered so far, until the file is made of it.
CREATE TABLE personal_export_parts (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    export_id bigint NOT NULL,
    name text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (tenant_id, export_id, name),
    FOREIGN KEY (tenant_id, export_id) REFERENCES personal_exports (tenant_id, id) ON DELETE CASCADE
);
