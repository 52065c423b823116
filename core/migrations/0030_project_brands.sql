-- What a project is besides its name: its brand, its mail, its name servers, its limits, and the hosts it is reached under.

-- Pictures that a provider uploads. One is never changed, so that its address can be kept for ever.
CREATE TABLE images (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    kind text NOT NULL CHECK (kind IN ('image/png', 'image/jpeg', 'image/webp')),
    content bytea NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 524288),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

ALTER TABLE projects
    ADD COLUMN sender_name text NOT NULL DEFAULT '',
    ADD COLUMN name_servers text[] NOT NULL DEFAULT '{}',
    ADD COLUMN free_domain boolean NOT NULL DEFAULT false,
    ADD COLUMN credit_limit bigint NOT NULL DEFAULT 0 CHECK (credit_limit >= 0),
    ADD COLUMN fraud_protection boolean NOT NULL DEFAULT false,
    ADD COLUMN brand_name text NOT NULL DEFAULT '',
    ADD COLUMN accent text NOT NULL DEFAULT '' CHECK (accent ~ '^(#[0-9a-f]{6})?$'),
    ADD COLUMN logo_id bigint,
    ADD COLUMN closed_at timestamptz,
    ADD FOREIGN KEY (tenant_id, logo_id) REFERENCES images (tenant_id, id);
CREATE INDEX projects_by_logo ON projects (tenant_id, logo_id) WHERE logo_id IS NOT NULL;

-- A name that a provider says is its own. Several may say so; `hosts` has the one who proved it. `tries` counts the
-- looks since somebody last asked for one.
CREATE TABLE project_hosts (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    project_id bigint NOT NULL,
    name text NOT NULL CHECK (name = lower(name) AND name <> ''),
    token text NOT NULL CHECK (token <> ''),
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'proven', 'failed')),
    reason text NOT NULL DEFAULT ''
        CHECK (reason IN ('', 'missing', 'other', 'silent', 'taken', 'lost', 'withdrawn')),
    tries int NOT NULL DEFAULT 0,
    checked_at timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);
CREATE INDEX project_hosts_by_project ON project_hosts (tenant_id, project_id, name);
