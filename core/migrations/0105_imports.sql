-- Files that were uploaded to be imported: their rows, how their columns are read, and what is wrong with them.

CREATE TABLE imports (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    noun text NOT NULL CHECK (noun IN ('clients', 'groups', 'users', 'payers')),
    name text NOT NULL CHECK (name <> ''),
    format text NOT NULL,
    encoding text NOT NULL DEFAULT '',
    separator text NOT NULL DEFAULT '',
    headings text[] NOT NULL,
    rows bigint NOT NULL DEFAULT 0,
    parts int NOT NULL DEFAULT 0,
    columns text[] NOT NULL,
    defaults jsonb NOT NULL DEFAULT '{}',
    is_remembered boolean NOT NULL DEFAULT false,
    check_task_id bigint,
    run_task_id bigint,
    person_id bigint,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX imports_by_time ON imports (tenant_id, created_at, id);

-- Some hundreds of rows each, packed.
CREATE TABLE import_parts (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    import_id bigint NOT NULL,
    part int NOT NULL,
    rows bytea NOT NULL,
    PRIMARY KEY (tenant_id, import_id, part),
    FOREIGN KEY (tenant_id, import_id) REFERENCES imports (tenant_id, id) ON DELETE CASCADE
);

-- In which row something that names a thing stands first: what comes again further down is a mistake.
CREATE TABLE import_keys (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    import_id bigint NOT NULL,
    field text NOT NULL,
    key text COLLATE "C" NOT NULL,
    row bigint NOT NULL,
    PRIMARY KEY (tenant_id, import_id, field, key),
    FOREIGN KEY (tenant_id, import_id) REFERENCES imports (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE import_errors (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    import_id bigint NOT NULL,
    task_id bigint NOT NULL,
    row bigint NOT NULL,
    field text NOT NULL,
    heading text NOT NULL DEFAULT '',
    value text NOT NULL DEFAULT '',
    message text NOT NULL,
    PRIMARY KEY (tenant_id, import_id, task_id, row, field),
    FOREIGN KEY (tenant_id, import_id) REFERENCES imports (tenant_id, id) ON DELETE CASCADE
);

-- How the columns of a file with these headings were read last time.
CREATE TABLE import_mappings (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    noun text NOT NULL,
    signature text NOT NULL,
    columns text[] NOT NULL,
    defaults jsonb NOT NULL DEFAULT '{}',
    used_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, noun, signature)
);

-- What an import knows a payer by, as it does a client.
ALTER TABLE payers ADD COLUMN external_id text COLLATE "C" NOT NULL DEFAULT '';
CREATE UNIQUE INDEX payers_by_external_id ON payers (tenant_id, external_id) WHERE external_id <> '';
