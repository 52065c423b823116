-- Notes of the team about a client, and files that it keeps with him. Clients see neither.

CREATE TABLE client_notes (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    text text NOT NULL CHECK (text <> ''),
    is_pinned boolean NOT NULL DEFAULT false,
    author_id bigint,
    author_name text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    edited_at timestamptz,
    edited_by text NOT NULL DEFAULT '',
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX client_notes_by_client ON client_notes (tenant_id, client_id, created_at, id);
CREATE UNIQUE INDEX client_notes_one_pinned ON client_notes (tenant_id, client_id) WHERE is_pinned;

CREATE TABLE client_files (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    name text NOT NULL CHECK (name <> '' AND length(name) <= 120),
    kind text NOT NULL CHECK (kind <> ''),
    size int NOT NULL CHECK (size > 0),
    content bytea NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 5242880),
    uploader_id bigint,
    uploader_name text NOT NULL DEFAULT '',
    uploaded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX client_files_by_client ON client_files (tenant_id, client_id, uploaded_at, id);
