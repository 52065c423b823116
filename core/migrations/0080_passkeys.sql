-- Passkeys of people, each for one host name; and the challenges that are out, each for one use.

CREATE TABLE passkeys (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    person_id bigint NOT NULL,
    credential_id bytea NOT NULL CHECK (octet_length(credential_id) BETWEEN 1 AND 1023),
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL DEFAULT 0 CHECK (sign_count >= 0),
    host text NOT NULL CHECK (host <> ''),
    name text NOT NULL CHECK (name <> ''),
    is_synced boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, credential_id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX passkeys_by_person ON passkeys (tenant_id, person_id);

CREATE TABLE passkey_challenges (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    purpose text NOT NULL CHECK (purpose IN ('add', 'sign_in')),
    challenge bytea NOT NULL,
    bound_to bytea NOT NULL,
    host text NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, challenge)
);
CREATE INDEX passkey_challenges_by_end ON passkey_challenges (tenant_id, expires_at);
