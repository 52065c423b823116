-- Telephone numbers of clients, proved by a code that an SMS brings: what the provider asks, the codes, and what staff
-- decided about single clients. The number that was proved stands on the client since 0004.
CREATE TABLE phone_settings (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT 1 CHECK (id = 1),
    registration text NOT NULL DEFAULT 'never' CHECK (registration IN ('never', 'new', 'all')),
    registration_since timestamptz,
    paying boolean NOT NULL DEFAULT false,
    tries int NOT NULL DEFAULT 5 CHECK (tries BETWEEN 1 AND 10),
    wait_seconds int NOT NULL DEFAULT 60 CHECK (wait_seconds BETWEEN 10 AND 3600),
    minutes int NOT NULL DEFAULT 10 CHECK (minutes BETWEEN 1 AND 60),
    per_number int NOT NULL DEFAULT 5 CHECK (per_number BETWEEN 1 AND 100),
    per_client int NOT NULL DEFAULT 5 CHECK (per_client BETWEEN 1 AND 100),
    per_network int NOT NULL DEFAULT 10 CHECK (per_network BETWEEN 1 AND 1000),
    per_day int NOT NULL DEFAULT 500 CHECK (per_day BETWEEN 1 AND 100000),
    countries text[] NOT NULL DEFAULT '{}',
    holds_days int NOT NULL DEFAULT 0 CHECK (holds_days BETWEEN 0 AND 3650),
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id)
);

-- A code is known by its hash alone, and by none once it has ended: proved, guessed too often, or followed by another.
CREATE TABLE phone_codes (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    phone text NOT NULL,
    hash bytea,
    state text NOT NULL DEFAULT 'sent' CHECK (state IN ('sent', 'verified', 'spent', 'replaced')),
    tries int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    asked_by text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    CHECK ((state = 'sent') = (ended_at IS NULL)),
    CHECK ((state = 'sent') = (hash IS NOT NULL)),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX phone_codes_by_client ON phone_codes (tenant_id, client_id, created_at, id);
CREATE INDEX phone_codes_by_time ON phone_codes (tenant_id, created_at);

-- Staff let a client off, or ask it to prove its number once more. One of these is open at a time.
CREATE TABLE phone_decisions (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('waived', 'asked')),
    reason text NOT NULL DEFAULT '',
    decided_at timestamptz NOT NULL,
    decided_by text NOT NULL,
    ended_at timestamptz,
    ended_by text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX phone_decisions_open ON phone_decisions (tenant_id, client_id) WHERE ended_at IS NULL;
CREATE INDEX phone_decisions_by_client ON phone_decisions (tenant_id, client_id, decided_at, id);
