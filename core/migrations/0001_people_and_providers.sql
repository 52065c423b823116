-- The platform, its providers, and the people who sign in.

CREATE SEQUENCE row_numbers AS bigint CYCLE;

-- 53 bits, so that JSON keeps them exact: 31 bits of seconds since 2026, 22 bits that never repeat within a
-- second. Where these begin each second is a secret of this database, so that ids do not tell how many there are.
DO $do$ BEGIN
    EXECUTE format(
        $create$CREATE FUNCTION new_id() RETURNS bigint LANGUAGE sql VOLATILE AS $$
            SELECT (second << 22)
                 | ((nextval('row_numbers') * 1664525 + (hashint8extended(second, %s) & 4194303)) & 4194303)
            FROM (SELECT extract(epoch FROM clock_timestamp())::bigint - 1767225600 AS second) clock
        $$$create$,
        hashtextextended(gen_random_uuid()::text, 0)
    );
END $do$;

-- Letters as people search them: lower case, without accents.
CREATE FUNCTION fold(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN $1 ~ '^[ -~]*$' THEN lower($1)
        ELSE lower(regexp_replace(normalize($1, NFKD), U&'[\0300-\036F]', '', 'g')) END
$$;

CREATE TABLE resellers (
    id bigint PRIMARY KEY DEFAULT new_id(),
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL UNIQUE GENERATED ALWAYS AS (lower(name)) STORED,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended')),
    editions text[] NOT NULL DEFAULT '{}',
    features text[] NOT NULL DEFAULT '{}',
    most_providers int CHECK (most_providers >= 0),
    created_at timestamptz NOT NULL,
    state_changed_at timestamptz NOT NULL,
    state_reason text NOT NULL DEFAULT '',
    version int NOT NULL DEFAULT 1
);

CREATE TABLE providers (
    id bigint PRIMARY KEY,
    code text NOT NULL UNIQUE CHECK (code ~ '^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$'),
    name text NOT NULL CHECK (name <> ''),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended')),
    edition text NOT NULL,
    reseller_id bigint REFERENCES resellers (id),
    locale text NOT NULL DEFAULT 'en',
    timezone text NOT NULL DEFAULT 'UTC',
    country text NOT NULL DEFAULT 'FR',
    color text NOT NULL DEFAULT 'blue',
    mfa_roles text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    state_changed_at timestamptz NOT NULL,
    state_reason text NOT NULL DEFAULT '',
    version int NOT NULL DEFAULT 1
);
CREATE SEQUENCE provider_numbers AS bigint OWNED BY providers.id;
CREATE INDEX providers_by_reseller ON providers (reseller_id);

-- A provider decides about its name and looks; all else in its row is the platform's.
CREATE FUNCTION providers_keep_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NULLIF(current_setting('app.tenant_id', true), '')::bigint <> 0
       AND (NEW.id, NEW.code, NEW.state, NEW.edition, NEW.reseller_id, NEW.created_at)
           IS DISTINCT FROM (OLD.id, OLD.code, OLD.state, OLD.edition, OLD.reseller_id, OLD.created_at) THEN
        RAISE insufficient_privilege USING MESSAGE = 'the terms of a provider are set by the platform';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER providers_keep_terms BEFORE UPDATE ON providers
    FOR EACH ROW EXECUTE FUNCTION providers_keep_terms();

CREATE TABLE hosts (
    name text PRIMARY KEY CHECK (name = lower(name) AND name <> ''),
    provider_id bigint NOT NULL REFERENCES providers (id),
    is_primary boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL
);
CREATE INDEX hosts_by_provider ON hosts (provider_id);
CREATE UNIQUE INDEX hosts_one_primary ON hosts (provider_id) WHERE is_primary;

CREATE TABLE provider_features (
    provider_id bigint NOT NULL REFERENCES providers (id),
    feature text NOT NULL,
    is_granted boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    PRIMARY KEY (provider_id, feature)
);

CREATE TABLE counters (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    name text NOT NULL,
    next bigint NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

CREATE TABLE audit_entries (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    at timestamptz NOT NULL,
    action text NOT NULL,
    actor_kind text NOT NULL,
    actor_id bigint,
    actor_name text NOT NULL,
    subject_kind text NOT NULL,
    subject_id bigint,
    subject_name text NOT NULL DEFAULT '',
    subject_folded text COLLATE "C" NOT NULL GENERATED ALWAYS AS (left(fold(subject_name), 200)) STORED,
    client_id bigint,
    changes jsonb NOT NULL DEFAULT '{}',
    address text NOT NULL DEFAULT '',
    request_id text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX audit_entries_by_time ON audit_entries (tenant_id, at DESC, id DESC);
CREATE INDEX audit_entries_by_subject ON audit_entries (tenant_id, subject_kind, subject_id, at DESC, id DESC);
CREATE INDEX audit_entries_by_actor ON audit_entries (tenant_id, actor_id, at DESC, id DESC);
CREATE INDEX audit_entries_by_client ON audit_entries (tenant_id, client_id, at DESC, id DESC)
    WHERE client_id IS NOT NULL;
CREATE INDEX audit_entries_by_action ON audit_entries (tenant_id, action, at DESC, id DESC);
CREATE INDEX audit_entries_by_name ON audit_entries (tenant_id, subject_folded, at DESC, id DESC);

CREATE TABLE people (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    email text NOT NULL CHECK (email <> ''),
    email_folded text NOT NULL GENERATED ALWAYS AS (lower(email)) STORED,
    name text NOT NULL,
    locale text NOT NULL DEFAULT 'en',
    theme text NOT NULL DEFAULT 'auto' CHECK (theme IN ('auto', 'light', 'dark')),
    preferences jsonb NOT NULL DEFAULT '{}',
    password_hash text,
    password_changed_at timestamptz,
    totp_sealed text,
    totp_confirmed_at timestamptz,
    totp_last_step bigint NOT NULL DEFAULT 0,
    recovery_hashes text[] NOT NULL DEFAULT '{}',
    is_disabled boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email_folded)
);

CREATE TABLE roles (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    permissions text[] NOT NULL,
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name_folded)
);

CREATE TABLE staff (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    person_id bigint NOT NULL,
    role text NOT NULL DEFAULT '',
    role_id bigint,
    reseller_id bigint REFERENCES resellers (id),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'removed')),
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, person_id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id),
    FOREIGN KEY (tenant_id, role_id) REFERENCES roles (tenant_id, id),
    CHECK ((role = '') <> (role_id IS NULL)),
    CHECK (reseller_id IS NULL OR tenant_id = 0)
);
CREATE INDEX staff_by_role ON staff (tenant_id, role_id);

CREATE TABLE sessions (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    token_hash bytea NOT NULL,
    person_id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    signed_in_at timestamptz NOT NULL,
    is_pending boolean NOT NULL DEFAULT false,
    has_second_factor boolean NOT NULL DEFAULT false,
    address text NOT NULL DEFAULT '',
    agent text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, token_hash),
    FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_by_person ON sessions (tenant_id, person_id);

CREATE TABLE links (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    token_hash bytea NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('password', 'welcome', 'invitation')),
    person_id bigint NOT NULL,
    bound_to text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, token_hash),
    FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX links_by_person ON links (tenant_id, person_id);

CREATE TABLE attempts (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    subject text NOT NULL,
    ends_at timestamptz NOT NULL,
    count int NOT NULL,
    PRIMARY KEY (tenant_id, subject)
);

CREATE TABLE api_keys (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    staff_id bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    key_hash bytea NOT NULL,
    hint text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_on date,
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, key_hash),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES staff (tenant_id, id)
);
CREATE INDEX api_keys_by_staff ON api_keys (tenant_id, staff_id);

CREATE TABLE idempotent_answers (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    api_key_id bigint NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    request_hash bytea NOT NULL,
    status int,
    body bytea,
    headers jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, api_key_id, key),
    FOREIGN KEY (tenant_id, api_key_id) REFERENCES api_keys (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX idempotent_answers_by_age ON idempotent_answers (tenant_id, created_at);
