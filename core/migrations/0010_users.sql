-- Users of clients: what a member may, the roles that a client makes, invitations, and for whom a session acts.

-- One or several built-in roles; the owner has that one alone, because it has every right.
DROP INDEX memberships_one_owner;
ALTER TABLE memberships DROP CONSTRAINT memberships_role_check;
ALTER TABLE memberships ALTER COLUMN role DROP DEFAULT;
ALTER TABLE memberships ALTER COLUMN role TYPE text[] USING ARRAY[role];
ALTER TABLE memberships RENAME COLUMN role TO roles;
ALTER TABLE memberships ADD COLUMN is_owner boolean NOT NULL GENERATED ALWAYS AS ('owner' = ANY (roles)) STORED;
ALTER TABLE memberships ADD COLUMN version int NOT NULL DEFAULT 1;
ALTER TABLE memberships
    ADD CONSTRAINT memberships_roles_known CHECK (roles <@ ARRAY['owner', 'billing', 'technical', 'read-only']),
    ADD CONSTRAINT memberships_owner_alone CHECK (NOT is_owner OR roles = ARRAY['owner']);
CREATE UNIQUE INDEX memberships_one_owner ON memberships (tenant_id, client_id) WHERE is_owner;

CREATE TABLE client_roles (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    rights text[] NOT NULL,
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, client_id, name_folded),
    UNIQUE (tenant_id, client_id, id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);

-- The client in both keys: a member has roles of his own client only.
CREATE TABLE membership_roles (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    client_id bigint NOT NULL,
    person_id bigint NOT NULL,
    role_id bigint NOT NULL,
    PRIMARY KEY (tenant_id, client_id, person_id, role_id),
    FOREIGN KEY (tenant_id, client_id, person_id)
        REFERENCES memberships (tenant_id, client_id, person_id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, client_id, role_id) REFERENCES client_roles (tenant_id, client_id, id) ON DELETE CASCADE
);
CREATE INDEX membership_roles_by_role ON membership_roles (tenant_id, client_id, role_id);

CREATE TABLE invitations (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    email text NOT NULL CHECK (email <> ''),
    email_folded text NOT NULL GENERATED ALWAYS AS (lower(email)) STORED,
    roles text[] NOT NULL CHECK (roles <@ ARRAY['billing', 'technical', 'read-only']),
    role_ids bigint[] NOT NULL,
    token_hash bytea NOT NULL,
    invited_by text NOT NULL,
    sent_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, client_id, email_folded),
    UNIQUE (tenant_id, token_hash),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);

-- The client that a session acts for; without a membership in it the session has no right there.
ALTER TABLE sessions ADD COLUMN client_id bigint;
ALTER TABLE sessions ADD FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id)
    ON DELETE SET NULL (client_id);
CREATE INDEX sessions_by_client ON sessions (tenant_id, client_id) WHERE client_id IS NOT NULL;
